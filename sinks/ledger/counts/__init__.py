"""Counts over the rows of the ledger: unanswered cases in each queue, and refusals by rule."""

"""Counts over the ledger: the queues of the agencies, kept as they change, and refusals by the row that caused them."""

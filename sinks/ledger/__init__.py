"""Ledger: complaints, dispatches, answers and corrections as rows, and the status page of a tracking number."""

"""Rows of the audit log: their hash chain, and the list of them."""

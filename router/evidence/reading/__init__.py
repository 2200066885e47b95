"""Reads a report for the search of evidence: its words in their forms, and the phrases of all tables in them."""

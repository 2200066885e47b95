"""Audit of all accepted messages."""

"""Suggestions of triage for the reference tables, written into a copy of them."""

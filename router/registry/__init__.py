"""Institutions and their units: the tables, and the resolution of names to institutions."""

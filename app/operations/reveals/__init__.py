"""Reveals of citizens' data: their list, and the weekly report about them."""

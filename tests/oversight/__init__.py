"""Oversight: clocks, and who hears of a deadline that has passed."""

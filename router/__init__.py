"""Finds the competent agency for each complaint, says why, and finds the next one when an agency refuses."""

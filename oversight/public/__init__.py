"""Figures for everybody: counts of months that have ended, with small cells and their complements suppressed."""

"""Oversight of the service: the clocks of cases, and who hears of a deadline that has passed. Decides about no case."""

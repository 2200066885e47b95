"""Ends the retention of data by the rows of `retention.csv`."""

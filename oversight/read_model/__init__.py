"""The read model of oversight: facts from topics, one row for each report, and counts that figures are read from."""

"""Explains decisions on typed messages and the effect of an edit of the tables, without a bus and storing nothing."""

"""Escalation upwards: which persons hear of a deadline, when they were told, and the deadlines of units."""

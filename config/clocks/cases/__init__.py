"""Clocks of cases: from what happened to a case to its deadlines. Pure."""

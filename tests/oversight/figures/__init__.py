"""The fourteen figures."""

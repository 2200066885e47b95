"""The twelve figures."""

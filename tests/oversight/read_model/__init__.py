"""The read model of oversight."""

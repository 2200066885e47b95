"""Tokens of devices, and the authentication of their requests."""

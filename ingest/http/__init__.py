"""Shared HTTP parts of the doors: reading requests, rate limits, refusals and error responses."""

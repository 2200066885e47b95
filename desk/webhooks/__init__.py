"""Webhooks of agencies: signed notices of changes, without words of citizens, delivered at least once and in order."""

"""Restores the service from an archive of its topics."""

"""Assembles the providers and senders of replies from the settings."""

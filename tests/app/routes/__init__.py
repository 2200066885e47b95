"""Every route of every application."""

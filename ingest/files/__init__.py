"""Attachments: recognised by content, cleaned of metadata, sealed and stored once."""

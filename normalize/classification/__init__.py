"""Classifies a message: complaint, suggestion, question, or a message that is not meant for the service."""

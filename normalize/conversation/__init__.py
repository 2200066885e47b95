"""Dialogue with a proven sender: which of the sender's own reports a short message belongs to, and what it does."""

"""Forgetting of a person: the words and the contact go, the case stays as numbers."""

"""Builds oversight."""

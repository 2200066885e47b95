"""Traces of reports through the topics."""

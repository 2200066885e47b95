"""Assembles the desk: its read model, its acts, its pages and its programming interface."""

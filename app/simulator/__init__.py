"""Plays the world outside: citizens and providers, for demos, replays and a machine without accounts."""

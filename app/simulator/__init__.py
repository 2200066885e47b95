"""Simulated citizens and providers, for demos, replays and machines without accounts."""

"""Doors of the channels: each authenticates, limits and wraps what arrives, and accepts it once the bus has it."""

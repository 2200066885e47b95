"""The doors: each authenticates, bounds and wraps what arrives, and says yes only when the bus has it."""

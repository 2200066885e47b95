"""Builds the parts of a process from its settings and connects them; the only place where stages are created."""

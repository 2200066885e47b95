"""Processes of one machine: `run` forks one for each group of stages, and starts those again that end."""

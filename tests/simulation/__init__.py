"""Runs the whole service in one thread with a seeded scheduler, and searches for faults that break its promises."""

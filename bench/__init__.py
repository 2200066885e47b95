"""Benches: run by hand, never in the tests; each prints what it measured."""

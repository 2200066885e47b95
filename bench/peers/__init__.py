"""Peers of the stages' loop and of the duplicate search, each in an environment of its own. See `bench/README.md`."""

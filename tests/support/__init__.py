"""Helpers that tests of several packages share: records, loopback providers, processes and ports."""

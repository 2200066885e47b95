"""Tests of the bus implementations and of the worker loop."""

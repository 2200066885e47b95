"""Tests of the acts of officers."""

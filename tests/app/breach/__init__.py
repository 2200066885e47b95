"""Tests of the report of a breach."""

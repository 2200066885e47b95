"""Tests of the retention of data."""

"""Tests of units inside an institution."""

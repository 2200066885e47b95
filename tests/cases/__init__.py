"""Tests of the course and the clocks of a case."""

"""Tests of the keys of persons, and of persons who are forgotten."""

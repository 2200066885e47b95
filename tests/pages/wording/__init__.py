"""Tests of the words that several pages show."""

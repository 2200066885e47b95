"""Tests of words, phrases and names of places."""

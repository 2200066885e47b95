"""Tests of the masker."""

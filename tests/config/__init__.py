"""Tests of settings and reference tables."""

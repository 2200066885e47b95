"""Tests of the figures for everybody."""

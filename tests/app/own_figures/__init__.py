"""Tests of the figures of a tier, and of the page of its head."""

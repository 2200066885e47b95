"""Tests of the review of dead letters and quarantined messages."""

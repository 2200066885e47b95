"""Tests of the e-mail."""

"""Tests of the agency's pages."""

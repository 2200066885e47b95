"""Tests of the pages with figures."""

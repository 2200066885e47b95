"""Tests of entity extraction and of name comparison."""

"""Tests of the search for earlier complaints about the same matter."""

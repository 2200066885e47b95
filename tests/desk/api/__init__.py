"""Tests of the programming interface of agencies."""

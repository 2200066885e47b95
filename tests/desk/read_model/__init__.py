"""Tests of the desk's read model."""

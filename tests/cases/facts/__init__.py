"""Tests of the stored facts of cases."""

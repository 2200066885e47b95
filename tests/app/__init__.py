"""Tests of assembly, operations and the command line."""

"""Tests of the forgetting of persons."""

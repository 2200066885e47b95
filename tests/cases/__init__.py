"""Tests of the facts, derivations, course and clocks of a case."""

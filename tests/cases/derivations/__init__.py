"""Tests of what follows the log of facts."""

"""Tests of who hears of deadlines."""

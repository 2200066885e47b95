"""The shipped calendar and clocks, read once for all tests of a process."""

from config.clocks.deadlines import load_deadlines

DEADLINES = load_deadlines()

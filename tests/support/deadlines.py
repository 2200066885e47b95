"""The shipped calendar and clocks, read once for all tests of a process."""

from cases.clocks.deadlines import load_deadlines

DEADLINES = load_deadlines()

"""Tests of the console without a browser. `tests/end_to_end/browser/test_console.py` uses a real browser."""

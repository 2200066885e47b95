"""The operations console: what it makes of a look, what it sends, and how it serves. `tests/browser` looks at it."""

"""The thirteen figures."""

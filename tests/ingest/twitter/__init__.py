"""The Twitter door, at an X on loopback."""

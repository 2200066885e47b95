"""Builds the doors of each channel from the parts of a process. A module here knows one channel."""

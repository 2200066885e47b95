"""Pictures and documents that agencies show with answers. Oversight and the monitor must not import this package."""

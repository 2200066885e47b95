"""The stored words of cases, and the persons in them. Oversight and the monitor must not import this package."""

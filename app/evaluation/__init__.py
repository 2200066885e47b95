"""Measures and explains decisions about duplicates and routing, without a bus and without storing anything."""

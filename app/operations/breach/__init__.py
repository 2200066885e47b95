"""Report of a breach: whose and which data a component could have shown."""

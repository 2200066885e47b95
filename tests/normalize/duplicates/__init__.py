"""Which complaints are about the same matter."""

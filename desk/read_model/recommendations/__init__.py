"""Recommendations of overseers, as the institution that has the case sees them."""

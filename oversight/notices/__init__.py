"""Who hears of a deadline that is near or has passed."""

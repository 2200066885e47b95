"""Who hears of a deadline."""

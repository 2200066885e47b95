"""Names of places in texts: regions, villages and landmarks, also misspelt."""

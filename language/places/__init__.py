"""Names of places in Indonesian text: regions, villages and landmarks."""

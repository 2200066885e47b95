"""The channel of counters: an officer enters what a citizen told in person, by telephone or in a letter."""

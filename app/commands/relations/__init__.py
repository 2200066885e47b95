"""Commands about relations between reports: merges, splits, and suggestions of likely duplicates."""

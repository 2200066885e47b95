"""Suggestions of likely duplicates: the open ones, the decisions of persons about them, and their labelled pairs."""

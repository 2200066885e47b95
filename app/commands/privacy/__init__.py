"""Commands of the keys of persons, and of persons who ask to be forgotten."""

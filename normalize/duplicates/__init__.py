"""Whether a complaint is about the same matter as an earlier one: by what was exchanged, not by how much is alike."""

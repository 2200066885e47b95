"""Keys of persons, and persons who are forgotten. It knows a person only as the keyed hash of a sender."""

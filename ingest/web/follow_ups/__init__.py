"""Follow-ups of a sender by the own link: further words and pictures, objection, rating, withdrawal."""

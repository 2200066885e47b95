"""Web door: the form for people and the same report as JSON for programs."""

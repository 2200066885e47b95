"""Acts of officers: answers to citizens and to the router, notes, templates and units."""

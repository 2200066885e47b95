"""The place that a report is about, from the places that its text names."""

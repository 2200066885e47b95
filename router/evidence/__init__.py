"""Evidence in a report for the competent institution: topics, institutions, units and places."""

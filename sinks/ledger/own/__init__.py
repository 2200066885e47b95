"""The sender's own page of a report, which the own link opens."""

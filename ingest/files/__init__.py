"""Files of reports: cleaned, sealed, and stored once."""

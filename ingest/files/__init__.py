"""Files of reports: type detected by content, metadata removed, sealed, and stored once."""

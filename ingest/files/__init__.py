"""Files of reports: type detected by content, metadata of pictures removed, sealed, and stored once."""

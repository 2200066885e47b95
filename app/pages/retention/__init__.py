"""Page of staff about the retention of data."""

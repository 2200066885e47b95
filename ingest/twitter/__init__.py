"""Twitter door: reads mentions of the account from X."""

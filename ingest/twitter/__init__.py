"""The Twitter door: mentions of the account, polled."""

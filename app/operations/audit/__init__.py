"""The audit log: its rows and their hash chain, the heads that are published, and the list of them."""

"""What became of every accepted message: counted from the topics and the ledger, each difference by its name."""

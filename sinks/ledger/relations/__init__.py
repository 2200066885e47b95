"""Relations between reports in the ledger, with corrections by persons and acts of senders."""

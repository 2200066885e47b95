"""Review of messages that were set aside: dead letters of the stages, and the doors' quarantine."""

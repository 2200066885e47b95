"""The ledger: every complaint, dispatch and answer as rows, and the page where a citizen looks up a number."""

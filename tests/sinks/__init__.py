"""Tests of the sinks: the ledger and the replies."""

"""Pages of the service's own staff: triage, quarantine, dead letters, trace, merges and the audit log."""

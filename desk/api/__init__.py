"""The programming interface of agencies, `/agency/v1`."""

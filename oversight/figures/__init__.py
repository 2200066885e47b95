"""The fourteen figures of the service: their definitions, and their computation from counts. Pure."""

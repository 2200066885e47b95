"""Names of the stages that one process may run."""

STAGES = ("ingest", "normalize", "router", "sinks", "desk", "oversight", "monitor")

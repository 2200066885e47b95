"""Names of the stages that one process may run."""

STAGES = ("ingest", "normalize", "router", "cases", "sinks", "desk", "oversight", "monitor")

"""OpenTelemetry traces, made from the records on the bus. The stages do not take part in it."""

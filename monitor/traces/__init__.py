"""Traces for OpenTelemetry, made of the records on the bus: no stage does anything for them."""

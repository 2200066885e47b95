"""Tests of the OpenTelemetry traces."""

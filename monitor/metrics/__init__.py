"""Metrics of the service for Prometheus, alert rules for them, and a Grafana dashboard."""

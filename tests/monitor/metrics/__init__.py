"""The metrics, the alerts on them and the dashboard, with Prometheus's own tools."""

"""What Prometheus asks: metrics of every process and of what the monitor sees, alerts on them, a dashboard."""

"""Actions of operations staff: each receives the parts that it needs and records who acted and why."""

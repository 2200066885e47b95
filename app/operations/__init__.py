"""Actions of operations staff. Each receives the parts that it needs and records who acted and why."""

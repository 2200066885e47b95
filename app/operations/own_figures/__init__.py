"""What the head of an institution or a unit reads: figures of the own tier, what is overdue, what comes back, usage."""

"""What operations see."""

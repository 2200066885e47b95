"""What a case is: its course and its clocks. Pure; below all stages."""

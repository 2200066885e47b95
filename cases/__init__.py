"""Cases: their course and their clocks. Pure; below all stages."""

"""Cases and the complaints that accompany them from agency to agency."""

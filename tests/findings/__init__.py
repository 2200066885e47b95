"""What is found in a report, and how two reports' findings compare."""

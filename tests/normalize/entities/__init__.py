"""What is found in a report, and which names are alike."""

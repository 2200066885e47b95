"""One case with its history, for an overseer with a recorded reason."""

"""What a process does before its stages begin: checks of its settings, and the preparation of database and bus."""

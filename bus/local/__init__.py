"""The embedded bus: a durable log in one SQLite file, for one machine and any number of processes on it."""

"""Settings, logging, the database connection, and the data an operator may edit (`config/data/`)."""

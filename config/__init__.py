"""Settings, logging, the database engine, and the reference tables that an operator edits (`config/data/`)."""

"""Archive of the topics as Parquet files: written, verified and read. It writes no topic and no table."""

"""A real Apache Kafka for the tests, and what only the Kafka bus can meet."""

"""The bus on Apache Kafka, through kafka-python, which nothing outside this folder imports."""

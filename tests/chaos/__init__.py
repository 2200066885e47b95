"""Random faults in a running service on Apache Kafka and PostgreSQL, and the comparison of all models after them.

`python -m tests.chaos`: see `__main__`.
"""

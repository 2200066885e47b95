"""Processor time to route a complaint, beside that of publishing it to Kafka; and with ten times the rules and places.

`python -m bench.route_speed` routes the examples of the table of competence, and publishes the same complaints one by
one with the door's producer to a real Apache Kafka. Prints microseconds of processor time each; the ratios count.
"""

"""Bare confluent-kafka (librdkafka) with transactions."""

import sys

from confluent_kafka import Consumer, Producer

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

consumer = Consumer(
    {
        "bootstrap.servers": sys.argv[1],
        "group.id": GROUP,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
    }
)
producer = Producer({"bootstrap.servers": sys.argv[1], "transactional.id": "bench", "linger.ms": 5})
producer.init_transactions()
consumer.subscribe([SOURCE])
while True:
    records = [record for record in consumer.consume(BATCH, 0.5) if not record.error()]
    if records:
        producer.begin_transaction()
        for record in records:
            producer.produce(TARGET, transform(record.value()), record.key())
        producer.send_offsets_to_transaction(
            consumer.position(consumer.assignment()), consumer.consumer_group_metadata()
        )
        producer.commit_transaction()

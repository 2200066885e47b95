"""Bare kafka-python with transactions."""

import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

consumer = KafkaConsumer(
    SOURCE,
    bootstrap_servers=sys.argv[1],
    group_id=GROUP,
    enable_auto_commit=False,
    auto_offset_reset="earliest",
    isolation_level="read_committed",
    max_poll_records=BATCH,
)
producer = KafkaProducer(bootstrap_servers=sys.argv[1], transactional_id="bench", acks="all", linger_ms=5)
producer.init_transactions()
while True:
    for partition, records in consumer.poll(500, max_records=BATCH).items():
        producer.begin_transaction()
        for record in records:
            producer.send(TARGET, transform(record.value), record.key)
        offsets = {TopicPartition(*partition): OffsetAndMetadata(records[-1].offset + 1, "", -1)}
        producer.send_offsets_to_transaction(offsets, consumer.group_metadata())
        producer.commit_transaction()

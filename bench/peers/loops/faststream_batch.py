"""FastStream on aiokafka with batches. It has no transactions: a crash repeats outputs."""

import asyncio
import sys

from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

broker = KafkaBroker(sys.argv[1], logger=None, acks="all", max_batch_size=1_000_000)


@broker.subscriber(SOURCE, group_id=GROUP, batch=True, max_records=BATCH, auto_offset_reset="earliest")
async def handle(message: KafkaMessage) -> None:
    """Publish the outputs of a batch. Its body has the bytes of each message: FastStream decodes nothing here."""
    await broker.publish_batch(*[transform(value) for value in message.body], topic=TARGET)


asyncio.run(FastStream(broker).run())

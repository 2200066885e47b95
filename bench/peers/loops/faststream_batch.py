"""FastStream on aiokafka with batches. It has no transactions: a crash repeats outputs."""

import asyncio
import sys

from faststream import FastStream
from faststream.kafka import KafkaBroker

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

broker = KafkaBroker(sys.argv[1], logger=None, acks="all")


@broker.subscriber(SOURCE, group_id=GROUP, batch=True, max_records=BATCH, auto_offset_reset="earliest")
async def handle(values: list[bytes]) -> None:
    """Publish the outputs of a batch."""
    await broker.publish_batch(*[transform(value) for value in values], topic=TARGET)


asyncio.run(FastStream(broker).run())

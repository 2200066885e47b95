"""FastStream on aiokafka, message by message, as its first pages show. It has no transactions."""

import asyncio
import sys

from faststream import FastStream
from faststream.kafka import KafkaBroker, KafkaMessage

from bench.peers.loops.work import GROUP, SOURCE, TARGET, transform

broker = KafkaBroker(sys.argv[1], logger=None, acks="all")


@broker.subscriber(SOURCE, group_id=GROUP, auto_offset_reset="earliest")
@broker.publisher(TARGET)
async def handle(message: KafkaMessage) -> bytes:
    """Return the output of a message."""
    return transform(message.body)


asyncio.run(FastStream(broker).run())

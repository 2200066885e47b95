"""FastStream on aiokafka, message by message, as its first pages show. It has no transactions."""

import asyncio
import sys

from faststream import FastStream
from faststream.kafka import KafkaBroker

from bench.peers.loops.work import GROUP, SOURCE, TARGET, transform

broker = KafkaBroker(sys.argv[1], logger=None, acks="all")


@broker.subscriber(SOURCE, group_id=GROUP, auto_offset_reset="earliest")
@broker.publisher(TARGET)
async def handle(value: bytes) -> bytes:
    """Return the output of a message."""
    return transform(value)


asyncio.run(FastStream(broker).run())

"""Faust (faust-streaming) with exactly-once processing."""

import sys
import tempfile

from faust import App, Stream

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

app = App(
    GROUP,
    broker=f"kafka://{sys.argv.pop(1)}",
    processing_guarantee="exactly_once",
    topic_disable_leader=True,
    stream_buffer_maxsize=BATCH,
    consumer_auto_offset_reset="earliest",
    web_enabled=False,
    datadir=tempfile.mkdtemp(prefix="satupintu-bench-faust-"),
)
source = app.topic(SOURCE, value_serializer="raw", key_serializer="raw")
target = app.topic(TARGET, value_serializer="raw", key_serializer="raw")


@app.agent(source)
async def handle(values: Stream[bytes]) -> None:
    """Send the outputs of each batch."""
    async for batch in values.take(BATCH, within=0.5):
        for value in batch:
            await target.send(value=transform(value))


sys.argv[1:] = ["worker", "--loglevel", "error"]
app.main()

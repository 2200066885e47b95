"""Quix Streams with exactly-once processing."""

import sys

from quixstreams import Application

from bench.peers.loops.work import BATCH, GROUP, SOURCE, TARGET, transform

app = Application(
    broker_address=sys.argv[1],
    consumer_group=GROUP,
    auto_offset_reset="earliest",
    processing_guarantee="exactly-once",
    commit_every=BATCH,
    auto_create_topics=False,
    loglevel="ERROR",
)
source = app.topic(SOURCE, value_deserializer="bytes")
target = app.topic(TARGET, value_serializer="bytes")
app.dataframe(source).apply(transform).to_topic(target)
app.run()

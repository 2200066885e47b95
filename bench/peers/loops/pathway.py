"""Pathway. Outputs are written at least once."""

import sys

import pathway as pw

from bench.peers.loops.work import GROUP, SOURCE, TARGET, transform

settings = {"bootstrap.servers": sys.argv[1], "group.id": GROUP, "auto.offset.reset": "earliest"}
messages = pw.io.kafka.read(settings, topic=SOURCE, format="raw", autocommit_duration_ms=50)
outputs = messages.select(data=pw.apply_with_type(transform, bytes, pw.this.data))
pw.io.kafka.write(outputs, settings, TARGET, format="raw")
pw.run(monitoring_level=pw.MonitoringLevel.NONE)

"""Measures the loop of a stage with each peer: processor time for a message, and messages a second.

The broker is a real Apache Kafka, a new one for each loop. The loop first processes some messages, so that it has
joined its group and loaded everything. Then it is stopped while the source is filled, and continues: its processor time
counts until the last output is on the target.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from app.clock import system_clock
from bench.peers.environments import python_of
from bench.peers.loops.work import SOURCE, TARGET
from bench.pipeline.service import stop_processes
from bench.processes import tree_cpu_seconds
from bench.stream import ReportStream
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing, Partition, TopicSpec
from tests.bus.kafka.node import Node
from tests.support.paths import ROOT

_FIRST_MESSAGES = 500
_BATCH = 200
_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1


class Loop(NamedTuple):
    """A module of `bench.peers.loops`, its environment (empty: that of the product), and what it promises."""

    module: str
    environment: str
    guarantee: str


LOOPS = (
    Loop("ours", "", "exactly once"),
    Loop("kafka_python", "kafka_python", "exactly once"),
    Loop("confluent", "confluent", "exactly once"),
    Loop("quix", "quix", "exactly once"),
    Loop("faust", "faust", "exactly once"),
    Loop("faststream_batch", "faststream", "at least once"),
    Loop("faststream_single", "faststream", "at least once"),
    Loop("pathway", "pathway", "at least once"),
)


class LoopCost(NamedTuple):
    """Microseconds of processor time for a message, and messages a second."""

    cpu_us: float
    rate: float


def measure_loop(loop: Loop, messages: int) -> LoopCost | None:
    """Measure a loop on a new broker. Return `None` if its environment was not made."""
    python = python_of(loop.environment) if loop.environment else Path(sys.executable)
    if python is None:
        return None
    with _running_broker() as broker, tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        _publish(broker, _FIRST_MESSAGES)
        command = [str(python), "-m", f"bench.peers.loops.{loop.module}", broker.bootstrap]
        # What a peer keeps on disk goes with the folder.
        environment = {**os.environ, "TMPDIR": folder}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        try:
            return _measure(broker, process, messages)
        finally:
            # It may be stopped.
            process.send_signal(signal.SIGCONT)
            stop_processes(process)


class _Broker(NamedTuple):
    bus: KafkaBus
    bootstrap: str


def _measure(broker: _Broker, process: subprocess.Popen[bytes], messages: int) -> LoopCost:
    outputs = _Outputs(broker.bus)
    outputs.wait_for(_FIRST_MESSAGES, process)
    os.kill(process.pid, signal.SIGSTOP)
    _publish(broker, messages)
    cpu_before, began = tree_cpu_seconds(process.pid), time.time()
    os.kill(process.pid, signal.SIGCONT)
    outputs.wait_for(_FIRST_MESSAGES + messages, process)
    cpu = tree_cpu_seconds(process.pid) - cpu_before
    return LoopCost(cpu / messages * 1e6, messages / (outputs.newest_at - began))


class _Outputs:
    """The records on the target."""

    def __init__(self, bus: KafkaBus) -> None:
        self._bus = bus
        self._count = self._next = 0
        self.newest_at = 0.0

    def wait_for(self, count: int, process: subprocess.Popen[bytes]) -> None:
        """Return when so many records are there. Raises `RuntimeError` if the process ends or takes too long."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        with closing(self._bus.reader()) as reader:
            while self._count < count:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{process.args!r}: {self._count} of {count} outputs, code {process.returncode}")
                for record in reader.read([TARGET], start_offsets={Partition(TARGET, 0): self._next}):
                    self._count, self._next = self._count + 1, record.offset + 1
                    self.newest_at = record.timestamp / 1e3
                time.sleep(_POLL_SECONDS)


@contextmanager
def _running_broker() -> Iterator[_Broker]:
    node = Node()
    try:
        node.start()
        bus = KafkaBus(KafkaSettings(bootstrap=node.bootstrap), system_clock())
        bus.ensure([TopicSpec(SOURCE), TopicSpec(TARGET)])
        yield _Broker(bus, node.bootstrap)
    finally:
        node.close()


def _publish(broker: _Broker, count: int) -> None:
    values = _complaints(count)
    with closing(broker.bus.producer()) as producer:
        for start in range(0, count, _BATCH):
            producer.publish([Outgoing(SOURCE, b"", value) for value in values[start : start + _BATCH]])


def _complaints(count: int) -> Sequence[bytes]:
    """Return JSON of a complaint's size. No two are equal."""
    reports = enumerate(ReportStream(40).take(count))
    return [json.dumps({"id": number, **asdict(report)}, ensure_ascii=False).encode() for number, report in reports]

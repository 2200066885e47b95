"""Measures the processor time of each stage for a message, with its bus and its database.

Invented reports are published. Then each stage in turn processes all of its records in batches of 200, as its worker
does: poll, handle, commit. The processor time of this process for the second half of the records counts: the first half
warms the caches. Broker and database server are other processes and count apart, for all records. `bench.stages`
measures normalizer and router without a bus.
"""

import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.surroundings import system_surroundings
from bench.pipeline.backends import Backend
from bench.processes import tree_cpu_seconds
from bench.publishing import publish_on
from bench.stages import arrivals
from bus.port import Consumer
from bus.worker import Stage
from config.settings import Settings
from sinks.replies.sink import ReplySink
from tests.support.case_stages import all_cases

_BATCH_SIZE = 200
_POLL_SECONDS = 30.0
_MICROSECONDS = 1e6


def measure_stages(backend: Backend, messages: int) -> Mapping[str, float]:
    """Return microseconds for a message by stage; `publish` is that of the doors' producer.

    With servers, `STAGE, servers` is the processor time of broker and database server during this stage.
    """
    parts = Parts(Settings.model_validate(backend.settings), CHANNELS, system_surroundings())
    migrate(parts.engine)
    parts.ensure_topics()
    outputs = list(arrivals(parts, messages))
    costs = {"publish": publish_on(parts.bus, outputs)}
    written = Counter(output.topic for output in outputs)
    for group, stage in _stages(parts).items():
        member = membership(parts.bus, parts.consumer_groups[group], "bench", parts.queues)
        waiting = sum(written[topic] for topic in member.topics)
        with closing(parts.bus.consumer(member)) as consumer:
            servers_before = tree_cpu_seconds(*backend.servers.values())
            costs[group] = _process(consumer, stage, waiting, written)
            if backend.servers:
                server_seconds = tree_cpu_seconds(*backend.servers.values()) - servers_before
                costs[f"{group}, servers"] = server_seconds / waiting * _MICROSECONDS
    parts.audit_heads.close()
    parts.engine.dispose()
    return costs


def _process(consumer: Consumer, stage: Stage, waiting: int, written: Counter[str]) -> float:
    """Process `waiting` records and count the outputs. Return microseconds for a record of the second half."""
    records_before, seconds_before = 0, 0.0
    processed, began = 0, time.process_time()
    while processed < waiting:
        records = consumer.poll(_POLL_SECONDS, _BATCH_SIZE)
        if not records:
            raise RuntimeError(f"{waiting - processed} of {waiting} records did not come in {_POLL_SECONDS:.0f} s")
        outputs = stage.handle(records)
        consumer.commit(outputs)
        written.update(output.topic for output in outputs)
        processed += len(records)
        if processed <= waiting // 2:
            records_before, seconds_before = processed, time.process_time() - began
    seconds = time.process_time() - began - seconds_before
    return seconds / max(1, processed - records_before) * _MICROSECONDS


def _stages(parts: Parts) -> Mapping[str, Stage]:
    """Return the stages by their consumer groups, in the order of a report's way."""
    return {
        "normalize": parts.normalizer.stage,
        "router": parts.router.stage,
        "cases": all_cases(parts, silent=True),
        "replies": ReplySink(parts.engine, parts.channels),
    }

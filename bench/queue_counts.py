"""Measures the queues of all agencies, as the console shows them, with few and with many dispatches in the ledger.

`python -m bench.queue_counts [DISPATCHES]` (1,000,000) writes a ledger of one year with 755 agencies into SQLite, most
of whose older cases are answered, once with a hundredth of the dispatches and once with all. For both it prints the
number of unanswered cases; and of a refresh, and of a comparison with all facts, the processor milliseconds and the
instructions of SQLite (thousands), which grow with the rows that are read. `derivation_microseconds` is the processor
time of a new dispatch and its answer for keeping the rows, in batches of 200.
"""

import json
import random
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Engine, insert

from app.assembly.migrate import migrate
from app.clock import utc_now
from app.database import open_database
from cases.derivations.new_facts import LogEntry, NewFacts
from cases.derivations.shared_facts import SharedFacts
from cases.facts.tables import AnswerFact, DispatchFact
from config.database import read_transaction, write_transaction
from sinks.ledger.counts.queue_counts import derive_waiting_cases, miscounted_queues, read_queues, recount_queues

_AGENCIES = 755
_YEAR_MINUTES = 60 * 24 * 365
_BATCH_ROWS = 5_000
_DERIVED_BATCHES, _DERIVED_BATCH_ROWS = 20, 200
_REPETITIONS = 5
_INSTRUCTIONS_AT_ONCE = 1_000
_Row = dict[str, Any]


def main(dispatches: int) -> dict[str, object]:
    """Measure both ledgers; return the figures."""
    return {"ledgers": [_measure(number) for number in (dispatches // 100, dispatches)]}


def _measure(dispatches: int) -> Mapping[str, object]:
    with TemporaryDirectory(prefix="satupintu-bench-") as folder:
        engine = open_database(f"sqlite:///{Path(folder) / 'ledger.db'}")
        migrate(engine)
        now, chance = utc_now(), random.Random(1)  # noqa: S311 - invented rows
        cases = fill(engine, dispatches, now, chance)
        with read_transaction(engine) as connection:
            figures = {
                "dispatches": dispatches,
                "unanswered_cases": cases,
                "refresh": _cost(connection, lambda: read_queues(connection, now)),
                "comparison_with_all_facts": _cost(connection, lambda: miscounted_queues(connection)),
            }
        figures["derivation_microseconds"] = _derivation_microseconds(engine, chance, now)
        engine.dispose()
        return figures


def fill(engine: Engine, dispatches: int, now: datetime, chance: random.Random) -> int:
    """Write a ledger of the year before `now` with its counts; return the number of unanswered cases."""
    rows = _rows(chance, now, dispatches)
    while batch := list(islice(rows, _BATCH_ROWS)):
        with write_transaction(engine) as connection:
            _write(connection, batch)
    with write_transaction(engine) as connection:
        return recount_queues(connection)


def _rows(chance: random.Random, now: datetime, dispatches: int) -> Iterator[tuple[_Row, _Row | None]]:
    """Yield dispatches, each with its answer if it has one: of cases of the last month every second is answered."""
    for _ in range(dispatches):
        at = now - timedelta(minutes=chance.randrange(_YEAR_MINUTES))
        agency = f"kota-{chance.randrange(_AGENCIES):04}"
        dispatch = {
            **dict.fromkeys(("tracking", "rules_version", "relation"), "x"),
            **dict.fromkeys(("id", "complaint_id", "case_id"), UUID(int=chance.getrandbits(128))),
            "agency": agency,
            "hop": 0,
            "own_case": True,
            "at": at,
            "due_at": at + timedelta(days=7),
        }
        is_recent = at > now - timedelta(days=30)
        is_answered = chance.random() < (0.5 if is_recent else 0.95)
        yield dispatch, _answer(dispatch) if is_answered else None


def _answer(dispatch: _Row) -> _Row:
    ids = {"id": dispatch["id"], "complaint_id": dispatch["complaint_id"], "dispatch_id": dispatch["id"]}
    at = dispatch["at"] + timedelta(hours=1)
    content = {"agency": dispatch["agency"], "verdict": "accepted", "answered_at": at, "at": at}
    return {**ids, **content, "position": f"agency-answers/0/{dispatch['id'].int}"}


def _write(connection: Connection, batch: list[tuple[_Row, _Row | None]]) -> None:
    connection.execute(insert(DispatchFact), [dispatch for dispatch, _ in batch])
    if answers := [answer for _, answer in batch if answer]:
        connection.execute(insert(AnswerFact), answers)


def _cost(connection: Connection, read: Callable[[], object]) -> Mapping[str, float]:
    """Return the cost of one call, which is made once before."""
    read()
    driver = cast("sqlite3.Connection", connection.connection.driver_connection)
    calls: list[None] = []
    driver.set_progress_handler(lambda: calls.append(None), _INSTRUCTIONS_AT_ONCE)
    read()
    driver.set_progress_handler(None, 0)
    started_at = time.process_time()
    for _ in range(_REPETITIONS):
        read()
    milliseconds = 1000 * (time.process_time() - started_at) / _REPETITIONS
    return {"milliseconds": round(milliseconds, 2), "thousand_instructions": len(calls)}


def _derivation_microseconds(engine: Engine, chance: random.Random, now: datetime) -> float:
    """Return the processor time per dispatch that keeping the rows takes in the transaction of the derivation."""
    seconds = 0.0
    for _ in range(_DERIVED_BATCHES):
        batch = list(_rows(chance, now, _DERIVED_BATCH_ROWS))
        with write_transaction(engine) as connection:
            _write(connection, batch)
            ids = [dispatch["id"] for dispatch, _ in batch]
            new = NewFacts([LogEntry(0, "dispatch", id_, id_, None) for id_ in ids])
            started_at = time.process_time()
            derive_waiting_cases(connection, new, SharedFacts(connection))
            seconds += time.process_time() - started_at
    return round(1e6 * seconds / (_DERIVED_BATCHES * _DERIVED_BATCH_ROWS), 1)


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 1_000_000), indent=2))  # noqa: T201

"""Measures processor time and memory of `satupintu audit` with many messages and with every kind of difference.

`python -m bench.audit [MESSAGES]` (100,000) writes a tenth of the messages to a local bus and a ledger, adds each
kind of difference, and runs the command in a process of its own: a full pass. It then adds a hundredth of the messages
and runs the command again: an incremental pass; and once more without news. Then it does the same with all messages.
For each pass it prints the processor seconds, the records and megabytes read, the peak resident memory, and whether the
audit listed exactly the added differences; and the processor seconds of a full pass for 100,000 further messages.
`kept_megabytes` is the size of the file between two passes. A million messages need about 15 GB of disk.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bus.local import log
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import insert_statement
from config.settings import Settings
from tests.conftest import NOW
from tests.support.audit_faults import FAULTS, clean_bus, expected_differences
from tests.support.written_bus import (
    GROUPS,
    HEALTH,
    PLN,
    QUEUES,
    TRIAGE,
    answer,
    arrival,
    complaint,
    dead_letter,
    dispatch,
    ledger_row,
    not_a_complaint,
    quarantined,
)

_BATCH_ROWS = 10_000
# The messages with differences have lower numbers.
_FIRST = 1_000
# Outcomes repeat after this many messages.
_CYCLE = 20


def main(messages: int) -> dict[str, object]:
    """Measure both runs; return the figures. `cpu_seconds_per_100_000_more` is the cost of full passes."""
    further = messages // 100
    few, many = (_measure(number, further) for number in (messages // 10, messages))
    seconds = (many["full"]["cpu_seconds"] - few["full"]["cpu_seconds"]) / (many["messages"] - few["messages"])
    return {"runs": [few, many], "cpu_seconds_per_100_000_more": round(seconds * 1e5, 2)}


def _measure(messages: int, further: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        home = Path(folder)
        _write(home, [*clean_bus().rows, *(row for fault in FAULTS for row in fault.rows)], _first_records())
        first_further = _FIRST + messages
        _write_messages(home, range(_FIRST, first_further))
        bus_size = (home / "bus.db").stat().st_size
        full = _audit(home)
        _write_messages(home, range(first_further, first_further + further))
        incremental = _audit(home)
        return {
            "messages": messages,
            "bus_megabytes": round(bus_size / 1e6, 1),
            "kept_megabytes": round((home / "audit.db").stat().st_size / 1e6, 1),
            "full": full,
            f"incremental_{further}_further": incremental,
            "incremental_without_news": _audit(home),
        }


def _audit(home: Path) -> dict[str, Any]:
    environment = {**os.environ, "SATUPINTU_HOME": str(home), "TMPDIR": str(home)}
    command = [sys.executable, "-m", "app.cli", "audit", "--json", "--wait", "0"]
    with (home / "out").open("wb") as out:
        started_at = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=out)  # noqa: S603 - our own command
        _, _, used = os.wait4(process.pid, 0)
    report = json.loads((home / "out").read_bytes())
    listed = sorted((difference["name"], difference["id"]) for difference in report["differences"])
    return {
        "wall_seconds": round(time.monotonic() - started_at, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_megabytes": round(used.ru_maxrss / 1024, 1),
        "records_read": report["records_read"],
        "full_reason": report["full_reason"],
        "listed_exactly": listed == expected_differences(FAULTS),
        "accepted": report["accepted"],
        "pending": report["pending"],
    }


def _write_messages(home: Path, numbers: range) -> None:
    records = (record for number in numbers for record in _records_of_message(number))
    _write(home, (ledger_row(number) for number in numbers if number % _CYCLE < 17), records)  # noqa: PLR2004


def _write(home: Path, rows: Iterable[tuple[UUID, object]], records: Iterable[Outgoing]) -> None:
    """Write records into a data folder, in which every record is processed, and rows into its ledger."""
    parts = Parts(Settings.model_validate({"home": home}), CHANNELS, system_surroundings())
    migrate(parts.engine)
    parts.ensure_topics()
    connection = log.connect(home / "bus.db")
    connection.execute("PRAGMA synchronous = OFF")
    with parts.engine.begin() as ledger:
        for batch in _batches(_row(id_) for id_, _ in rows):
            ledger.execute(insert(ComplaintFact), batch)
        _append(connection, ledger, records)
    for group, names in GROUPS.items():
        group_rows = [(group, name) for name in names]
        connection.executemany(
            'INSERT OR REPLACE INTO offsets SELECT ?, topic, number, "end" FROM partitions WHERE topic = ?', group_rows
        )
    connection.close()
    parts.engine.dispose()


def _append(connection: Any, ledger: Connection, records: Iterable[Outgoing]) -> None:
    """Append the records to the bus, and write the rows of the dispatches among them."""
    now, unrecorded = int(time.time() * 1000), {id_ for fault in FAULTS for id_ in fault.unrecorded}
    for batch in _batches(records):
        with log.transaction(connection):
            log.append(connection, batch, now)
        ids = {UUID(dict(record.headers)["ce_id"].decode()) for record in batch if record.topic in QUEUES}
        if rows := [_dispatch_row(id_) for id_ in ids - unrecorded]:
            ledger.execute(insert_statement(ledger, DispatchFact).on_conflict_do_nothing(), rows)


def _first_records() -> Iterator[Outgoing]:
    yield from clean_bus().records
    for fault in FAULTS:
        yield from fault.records


def _records_of_message(number: int) -> Iterator[Outgoing]:
    """Yield the records of a message.

    Of twenty messages 14 are new complaints, one of them refused by its first agency. Two are repeats, one is a join.
    One is no complaint, one is a dead letter, one is in quarantine.
    """
    turn = number % _CYCLE
    if turn == 19:  # noqa: PLR2004 - see above
        yield quarantined(number)
        return
    yield arrival(number)
    if turn in {1, 2}:
        yield complaint(number, of=number - turn)
        yield dispatch(number, PLN, of=number - turn)
    elif turn == 3:  # noqa: PLR2004
        yield complaint(number, of=number - turn, kind="joins")
        yield dispatch(number, TRIAGE, of=number - turn, kind="joins", own_case=True)
    elif turn == 17:  # noqa: PLR2004
        yield not_a_complaint(number)
    elif turn == 18:  # noqa: PLR2004
        yield dead_letter("normalize", arrival(number))
    else:
        yield complaint(number)
        yield dispatch(number, PLN)
    if turn == 4:  # noqa: PLR2004
        yield answer(number, PLN, verdict="refused")
        yield dispatch(number, HEALTH, hop=1)


def _row(id_: UUID) -> dict[str, object]:
    return {
        **dict.fromkeys(("tracking", "channel", "kind", "relation", "title", "text", "contact"), "x"),
        "id": id_,
        "message_id": id_,
        "anonim": False,
        "rahasia": False,
        "received_at": NOW,
    }


def _dispatch_row(id_: UUID) -> dict[str, object]:
    """Return the row of a dispatch that is in no count of a queue."""
    return {
        **dict.fromkeys(("agency", "reasons", "rules_version", "relation"), "x"),
        **dict.fromkeys(("id", "complaint_id"), id_),
        **dict.fromkeys(("dispatched_at", "due_at"), NOW),
        "hop": 0,
        "own_case": False,
    }


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH_ROWS)):
        yield batch


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 100_000), indent=2))  # noqa: T201

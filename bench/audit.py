"""Measures processor time and memory of `satupintu audit` with many messages and with every kind of difference.

`python -m bench.audit [MESSAGES]` (100,000) writes a tenth of the messages to a local bus and a ledger, adds each
kind of difference, and runs the command in a process of its own. Then it does the same with all messages. For both it
prints the processor seconds, the peak resident memory, and whether the audit listed exactly the added differences; and
the processor seconds for 100,000 further messages. A million messages need about 15 GB of disk.
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

from sqlalchemy import insert

from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from bus.local import log
from bus.port import Outgoing
from config.settings import Settings
from sinks.ledger.tables import ComplaintRow
from tests.conftest import NOW
from tests.support.audit_faults import FAULTS, clean_bus, expected_differences
from tests.support.written_bus import (
    GROUPS,
    HEALTH,
    PLN,
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
    """Measure both runs; return the figures."""
    few, many = (_measure(number) for number in (messages // 10, messages))
    seconds = (many["cpu_seconds"] - few["cpu_seconds"]) / (many["messages"] - few["messages"])
    return {"runs": [few, many], "cpu_seconds_per_100_000_more": round(seconds * 1e5, 2)}


def _measure(messages: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        home = Path(folder)
        records = _write(home, messages)
        environment = {**os.environ, "SATUPINTU_HOME": folder, "TMPDIR": folder}
        command = [sys.executable, "-m", "app.cli", "audit", "--json", "--wait", "0"]
        with (home / "out").open("wb") as out:
            started_at = time.monotonic()
            process = subprocess.Popen(command, env=environment, stdout=out)  # noqa: S603 - our own command
            _, _, used = os.wait4(process.pid, 0)
        report = json.loads((home / "out").read_bytes())
        disk = sum(path.stat().st_size for path in home.iterdir())
    listed = sorted((difference["name"], difference["id"]) for difference in report["differences"])
    return {
        "messages": messages,
        "records": records,
        "gigabytes": round(disk / 1e9, 2),
        "wall_seconds": round(time.monotonic() - started_at, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_megabytes": round(used.ru_maxrss / 1024, 1),
        "added_differences": len(FAULTS),
        "listed_exactly": listed == expected_differences(FAULTS),
        "accepted": report["accepted"],
        "pending": report["pending"],
    }


def _write(home: Path, messages: int) -> int:
    """Write a data folder in which every record is processed. Return the number of records on its bus."""
    parts = Parts(Settings.model_validate({"home": home}), CHANNELS)
    migrate(parts.engine)
    parts.ensure_topics()
    connection = log.connect(home / "bus.db")
    connection.execute("PRAGMA synchronous = OFF")
    records = _append(connection, _records(messages))
    for group, names in GROUPS.items():
        rows = [(group, name) for name in names]
        connection.executemany(
            'INSERT INTO offsets SELECT ?, topic, number, "end" FROM partitions WHERE topic = ?', rows
        )
    connection.close()
    with parts.engine.begin() as ledger:
        for batch in _batches(_rows(messages)):
            ledger.execute(insert(ComplaintRow), batch)
    parts.engine.dispose()
    return records


def _append(connection: Any, records: Iterable[Outgoing]) -> int:
    now, count = int(time.time() * 1000), 0
    for batch in _batches(records):
        with log.transaction(connection):
            log.append(connection, batch, now)
        count += len(batch)
    return count


def _records(messages: int) -> Iterator[Outgoing]:
    yield from clean_bus().records
    for fault in FAULTS:
        yield from fault.records
    for number in range(_FIRST, _FIRST + messages):
        yield from _records_of_message(number)


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


def _rows(messages: int) -> Iterator[dict[str, object]]:
    fault_rows = [row for fault in FAULTS for row in fault.rows]
    message_rows = (ledger_row(number) for number in range(_FIRST, _FIRST + messages) if number % _CYCLE < 17)  # noqa: PLR2004
    for rows in (clean_bus().rows, fault_rows, message_rows):
        for id_, _ in rows:
            yield _row(id_)


def _row(id_: UUID) -> dict[str, object]:
    return {
        **dict.fromkeys(("tracking", "channel", "kind", "relation", "title", "text", "contact"), "x"),
        "id": id_,
        "message_id": id_,
        "anonim": False,
        "rahasia": False,
        "received_at": NOW,
    }


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH_ROWS)):
        yield batch


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 100_000), indent=2))  # noqa: T201

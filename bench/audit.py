"""Processor time and memory of `satupintu audit` on many messages, and whether it finds what is wrong among them.

`python -m bench.audit [MESSAGES]` (100,000) writes a tenth of the messages to a local bus and a ledger, on which each
difference is planted too, runs the command in a process of its own, and does the same with all of them. Prints for
both the processor seconds, the highest resident memory, and whether the planted differences were found and no others;
and what 100,000 messages more cost. A million take some 15 GB of disk.
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

_AT_ONCE = 10_000
# What is planted has the numbers below.
_FIRST = 1_000


def main(messages: int) -> dict[str, object]:
    """Run it; returns what was measured."""
    few, many = (_measured(number) for number in (messages // 10, messages))
    seconds = (many["cpu_seconds"] - few["cpu_seconds"]) / (many["messages"] - few["messages"])
    return {"runs": [few, many], "cpu_seconds_per_100_000_more": round(seconds * 1e5, 2)}


def _measured(messages: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        home = Path(folder)
        records = _write(home, messages)
        environment = {**os.environ, "SATUPINTU_HOME": folder, "TMPDIR": folder}
        command = [sys.executable, "-m", "app.cli", "audit", "--json", "--wait", "0"]
        with (home / "out").open("wb") as out:
            began = time.monotonic()
            process = subprocess.Popen(command, env=environment, stdout=out)  # noqa: S603 - this very program
            _, _, used = os.wait4(process.pid, 0)
        said = json.loads((home / "out").read_bytes())
        disk = sum(path.stat().st_size for path in home.iterdir())
    found = sorted((one["name"], one["id"]) for one in said["differences"])
    return {
        "messages": messages,
        "records": records,
        "gigabytes": round(disk / 1e9, 2),
        "wall_seconds": round(time.monotonic() - began, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_megabytes": round(used.ru_maxrss / 1024, 1),
        "planted": len(FAULTS),
        "found_and_no_others": found == expected_differences(FAULTS),
        "accepted": said["accepted"],
        "pending": said["pending"],
    }


def _write(home: Path, messages: int) -> int:
    """A data folder in which all is worked. Returns how many records stand on its bus."""
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
        for some in _by(_rows(messages)):
            ledger.execute(insert(ComplaintRow), some)
    parts.engine.dispose()
    return records


def _append(connection: Any, records: Iterable[Outgoing]) -> int:
    now, count = int(time.time() * 1000), 0
    for some in _by(records):
        with log.transaction(connection):
            log.append(connection, some, now)
        count += len(some)
    return count


def _records(messages: int) -> Iterator[Outgoing]:
    yield from clean_bus().records
    for fault in FAULTS:
        yield from fault.records
    for number in range(_FIRST, _FIRST + messages):
        yield from _way(number)


def _way(number: int) -> Iterator[Outgoing]:
    """Of twenty messages 13 are cases, one of which is refused, two repeats and one joins; three come to nothing."""
    turn = number % 20
    if turn == 19:  # noqa: PLR2004 - as said above
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
    planted = [one for fault in FAULTS for one in fault.rows]
    whole = (ledger_row(number) for number in range(_FIRST, _FIRST + messages) if number % 20 < 17)  # noqa: PLR2004
    for rows in (clean_bus().rows, planted, whole):
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


def _by(made: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(made)
    while some := list(islice(left, _AT_ONCE)):
        yield some


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if sys.argv[1:] else 100_000), indent=2))  # noqa: T201

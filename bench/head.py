"""Measures the page of a head with a country's cases: processor time of the whole institution, a unit, a topic.

`python -m bench.head [CASES] [sqlite|postgresql]` (1,000,000 by default) fills the read models of oversight and of the
desk with invented cases of a year, of 500 governments with 40 units each. The measured city has the most cases, and
stored counts of its own alone. It prints one JSON object: milliseconds of processor time by page, of the service with
its client and the database's server.
"""

import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from http import HTTPStatus
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, select, text
from sqlmodel import col

from accounts.permissions import Actor, Role
from app.assembly.channels import CHANNELS
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.surroundings import system_surroundings
from bench.desk import bench_database
from bench.oversight import cases_of_country, write_rows
from bench.processes import tree_cpu_seconds
from config.database import read_transaction
from config.settings import Settings
from desk.acts.tables import DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskUnit
from oversight.read_model.tables import OversightCase, OversightDay
from oversight.read_model.tallies import DayKey, day_tallies
from tests.app.staff.harness import StaffHarness
from tests.ingest.door_client import DoorServer
from tests.oversight.pages.site import NOW

_CITY = "kota-3374"
_UNITS = 40
_DISTRICTS = 16
_BATCH = 10_000
_REPEATS = 3
_MONTH = "bulan=2026-05"
# Page by name: unit of the head, and query.
_PAGES = {
    "institution": ("", _MONTH),
    "institution, this month": ("", ""),
    "institution, a topic": ("", f"{_MONTH}&topik=jalan-rusak"),
    "institution, a unit": ("", f"{_MONTH}&unit=U7"),
    "institution, a district": ("", f"{_MONTH}&kecamatan=33.74.11"),
    "head of a unit": ("U7", _MONTH),
    "file": ("", f"{_MONTH}&berkas=csv"),
}


def main(count: int, database: str = "sqlite") -> dict[str, object]:
    """Fill the read models and measure; return the figures."""
    with (
        tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder,
        bench_database(database) as (url, main_process),
    ):
        settings = Settings.model_validate({"home": folder, "bus": "local", "database_url": url})
        parts = Parts(settings, CHANNELS, system_surroundings())
        migrate(parts.engine)
        fill(parts.engine, count)

        def cpu() -> float:
            return tree_cpu_seconds(os.getpid(), *((main_process,) if main_process else ()))

        server = DoorServer()
        with server.serving():
            staff = StaffHarness(parts, parts.engine, server, time=NOW)
            pages = {
                name: min(_milliseconds(staff, unit, query, cpu) for _ in range(_REPEATS))
                for name, (unit, query) in _PAGES.items()
            }
            staff.close()
        return {"cases": count, "of_the_city": _count(parts.engine), "database": database, **pages}


def fill(engine: Engine, count: int) -> None:
    """Write the cases, their counts, the cases of the desks, and the units that have four of five of them."""
    units = [
        {"agency": _CITY, "code": f"U{number}", "name": f"Dinas {number}", "parent": "", "changed_at": NOW}
        for number in range(_UNITS)
    ]
    write_rows(engine, DeskUnit, units)
    tallies: Counter[DayKey] = Counter()
    rows = (_placed(row) for row in cases_of_country(count))
    number = 0
    while batch := list(islice(rows, _BATCH)):
        for row in batch:
            if row["agency"] == _CITY:
                tallies.update(day_tallies(row))
        write_rows(engine, OversightCase, batch)
        desk_cases = [_desk_case(row, number + index) for index, row in enumerate(batch)]
        write_rows(engine, DeskCase, desk_cases)
        write_rows(engine, DeskHolder, [_holder(row) for row in desk_cases if row["dispatch_id"].int % 5])
        number += len(batch)
    counts = ({**key._asdict(), "number": number} for key, number in tallies.items())
    while chunk := list(islice(counts, _BATCH)):
        write_rows(engine, OversightDay, chunk)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    """Return a case with a district of its government."""
    code, district = row["agency"].rpartition("-")[2], row["complaint_id"].int % _DISTRICTS + 1
    topic = "jalan-rusak" if row["topic"] == "jalan" else row["topic"]
    return {**row, "region": f"{code[:2]}.{code[2:]}.{district:02}", "topic": topic}


def _desk_case(row: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the same case as its agency's desk has it."""
    defaults = {name: field.default for name, field in DeskCase.model_fields.items() if not field.is_required()}
    shared = {name: row[name] for name in ("complaint_id", "agency", "is_open", "topic", "region", "channel", "kind")}
    times = {"dispatched_at": row["received_at"], "due_at": row["received_at"] + timedelta(days=7)}
    return {
        **defaults, **shared, **times, "dispatch_id": UUID(int=number * 7 + 1), "tracking": f"N{number}",
        "tab": "working" if row["is_open"] else "done", "state": "proses" if row["is_open"] else "selesai",
        "is_current": True, "version": 1, "clock_stopped": False, "changed_at": row["received_at"], "hop": 0,
        "refusals": 0, "joined": 0, "pictures": 0, "title": "Lampu", "text": "Lampu jalan padam", "place": "",
        "rahasia": False,
    }  # fmt: skip


def _holder(case: dict[str, Any]) -> dict[str, Any]:
    defaults = {name: field.default for name, field in DeskHolder.model_fields.items() if not field.is_required()}
    number = case["dispatch_id"].int
    person = f"Petugas {number % 80}" if number % 2 else ""
    held = {"dispatch_id": case["dispatch_id"], "agency": case["agency"], "unit_code": f"U{number % _UNITS}"}
    return {**defaults, **held, "name": person}


def _count(engine: Engine) -> int:
    query = select(func.count()).select_from(OversightCase).where(col(OversightCase.agency) == _CITY)
    with read_transaction(engine) as connection:
        return connection.execute(query).scalar_one()


def _milliseconds(staff: StaffHarness, unit: str, query: str, cpu: Callable[[], float]) -> int:
    staff.actor = Actor(UUID(int=1), "Rina", Role.HEAD, _CITY, unit)
    began = cpu()
    answer = staff.client.get(f"/desk/pimpinan?{query}")
    if answer.status_code != HTTPStatus.OK:
        raise SystemExit(answer.text)
    return round((cpu() - began) * 1_000)


if __name__ == "__main__":
    arguments: Sequence[str] = sys.argv[1:]
    print(json.dumps(main(int(arguments[0]) if arguments else 1_000_000, *arguments[1:]), indent=1))  # noqa: T201 - the result

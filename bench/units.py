"""Measures what units cost: lists, cases and counts of a country's governments, against the same without units.

`python -m bench.units [CASES] [sqlite|postgresql] [GOVERNMENTS]` generates the cases (1,000,000 of 546 governments by
default; the first one has half of them) and measures without units. Then each government gets 40 units that have the
cases, and it measures again: for who sees the whole government, for a department with four units below it, and for one
of these. It prints one JSON object. Times are milliseconds of processor time, with that of the database's server.
"""

import json
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from uuid import UUID, uuid4

import requests
from sqlalchemy import Connection, func, insert, select
from sqlmodel import col

from accounts.account_store import save_account
from app.assembly.channels import CHANNELS
from app.assembly.desk.accounts import build_account_services
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import utc_now
from app.simulator.wait import started
from app.surroundings import system_surroundings
from bench.desk import bench_database, wait_until_served
from bench.processes import tree_cpu_seconds
from config.database import read_transaction, write_transaction
from config.settings import Settings
from desk.acts.tables import DeskHolder
from desk.pages.list_query import ListQuery
from desk.read_model.queries import TABS, CaseFilter, count_matches, count_tabs, count_topics, read_page
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskUnit
from desk.units.tiers import is_in_tier, tier_of
from desk.units.unit_cases import write_unit_cases
from tests.support.generated_cases import generate_cases
from tests.support.ports import free_port
from tests.support.query_plans import collect_statistics

_GOVERNMENTS = 546
_DEPARTMENTS, _UNITS_BELOW = 8, 4
_PAGES, _CASES = 20, 40
_LEAST_SECONDS, _MOST_TURNS = 0.3, 512
# A holder of each case would be every case passed on: some are not yet.
_PASSED_ON = 0.9
_ROWS_AT_ONCE = 5_000
_LISTS = (
    ListQuery(),
    ListQuery("working"),
    ListQuery("soon"),
    ListQuery("overdue"),
    ListQuery("waiting"),
    ListQuery("done"),
    ListQuery(topic="topik-7", joined=3),
    ListQuery(words="lampu padam"),
)
# Names of who looks, and the unit of each.
_VIEWERS: Mapping[str, str] = {"whole": "", "department": "D0", "unit": "D0-0"}


def main(count: int, database: str, governments: int = _GOVERNMENTS) -> dict[str, object]:
    """Generate the cases and measure; return the figures."""
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder, bench_database(database) as server:
        url, main_process = server
        settings = {"home": folder, "port": str(free_port()), "bus": "local", "database_url": url}
        parts = Parts(Settings.model_validate(settings), CHANNELS, system_surroundings())
        migrate(parts.engine)
        agencies = [code for code in parts.registry.agencies if code.startswith(("kota-", "kabupaten-", "provinsi-"))]
        agencies = agencies[:governments]
        generate_cases(parts.engine, agencies, count, utc_now())
        collect_statistics(parts.engine)
        environment = {f"SATUPINTU_{name.upper()}": value for name, value in settings.items()}
        figures: dict[str, object] = {"cases": count, "governments": len(agencies), "database": database}
        with started({**environment, "SATUPINTU_LOG_LEVEL": "warning"}, "desk") as process:
            site = f"http://127.0.0.1:{parts.settings.port}"
            wait_until_served(site)
            measured = _Measured(parts, site, process.pid, main_process)
            for size, agency in (("large", agencies[0]), ("usual", agencies[-1])):
                figures[f"{size} without units"] = measured.figures(agency, "")
            _give_units(parts, agencies)
            collect_statistics(parts.engine)
            for size, agency in (("large", agencies[0]), ("usual", agencies[-1])):
                for viewer, unit in _VIEWERS.items():
                    figures[f"{size} {viewer}"] = measured.figures(agency, unit)
        return figures


class _Measured:
    """Costs of one viewer after the other. `server` is the main process of the database, 0 without one."""

    def __init__(self, parts: Parts, site: str, process: int, server: int) -> None:
        self._parts = parts
        self._site = site
        self._servers = (server,) if server else ()
        self._processes = (process, *self._servers)

    def figures(self, agency: str, unit: str) -> dict[str, float]:
        """Return the milliseconds of a list, a case and each kind of count."""
        token = self._session(agency, unit)
        numbers = self._numbers(agency, unit)
        lists = [query.list_address() for query in _LISTS]
        cases = [f"/desk/laporan/{number}" for number in numbers]
        self._visit(token, [*lists, *cases[:4]], 2 * len(lists))
        return {
            "cases": self._in_tier(agency, unit),
            "list": self._pages(token, lists[:1], _PAGES),
            "lists": self._pages(token, lists, 3 * len(lists)),
            "case": self._pages(token, cases, _CASES),
            **{name: self._query(query) for name, query in self._queries(agency, unit)},
        }

    def _pages(self, token: str, paths: Sequence[str], count: int) -> float:
        before = tree_cpu_seconds(*self._processes)
        self._visit(token, paths, count)
        return round((tree_cpu_seconds(*self._processes) - before) / count * 1000, 1)

    def _visit(self, token: str, paths: Sequence[str], count: int) -> None:
        headers = {"Cookie": f"__Host-meja={token}", "Accept": "text/html"}
        with requests.Session() as session:
            for position in range(count):
                answer = session.get(self._site + paths[position % len(paths)], headers=headers, timeout=120)
                if answer.status_code != HTTPStatus.OK:
                    raise RuntimeError(f"{paths[position % len(paths)]}: {answer.status_code}")

    def _query(self, query: Callable[[Connection], object]) -> float:
        """Return the milliseconds of one execution, of this process and of the database's server."""
        roots = (os.getpid(), *self._servers)
        with read_transaction(self._parts.engine) as connection:
            query(connection)
            turns, used = 1, 0.0
            # The clock of the processes counts hundredths of a second.
            while used < _LEAST_SECONDS and turns < _MOST_TURNS:
                turns *= 2
                before = tree_cpu_seconds(*roots)
                for _ in range(turns):
                    query(connection)
                used = tree_cpu_seconds(*roots) - before
            return round(used / turns * 1000, 2)

    def _queries(self, agency: str, unit: str) -> Iterator[tuple[str, Callable[[Connection], object]]]:
        now = utc_now()
        with read_transaction(self._parts.engine) as connection:
            tier = tier_of(connection, agency, unit)
        for tab in TABS:
            yield f"page {tab}", lambda c, tab=tab: read_page(c, tier, CaseFilter(tab), now, 50)  # type: ignore[misc]
        yield "tabs", lambda c: count_tabs(c, tier, now)
        for tab in ("new", "overdue", "done"):
            yield f"topics {tab}", lambda c, tab=tab: count_topics(c, tier, tab)  # type: ignore[misc]
        yield "matches", lambda c: count_matches(c, tier, CaseFilter(topic="topik-7", joined=3), now)

    def _session(self, agency: str, unit: str) -> str:
        account_id = uuid4()
        values = {"email": f"{account_id}@instansi.example", "name": "Petugas", "role": "officer", "unit": unit}
        with write_transaction(self._parts.engine) as connection:
            save_account(connection, account_id, {**values, "agency": agency}, utc_now())
        return build_account_services(self._parts, lambda *_: None).sessions.start(account_id, "bench")

    def _numbers(self, agency: str, unit: str) -> Sequence[str]:
        with read_transaction(self._parts.engine) as connection:
            tier = tier_of(connection, agency, unit)
            pages = [read_page(connection, tier, CaseFilter(tab), utc_now(), 10) for tab in TABS]
        return [row.tracking for page in pages for row in page.rows]

    def _in_tier(self, agency: str, unit: str) -> int:
        with read_transaction(self._parts.engine) as connection:
            is_seen = is_in_tier(tier_of(connection, agency, unit))
            return connection.execute(select(func.count()).select_from(DeskCase).where(is_seen)).scalar_one()


def _give_units(parts: Parts, agencies: Sequence[str]) -> None:
    """Give each government its units, and most of the cases to one of them."""
    chooser = random.Random(2)  # noqa: S311 - examples
    now = utc_now()
    departments = [f"D{number}" for number in range(_DEPARTMENTS)]
    parents = dict.fromkeys(departments, "")
    parents |= {f"{code}-{number}": code for code in departments for number in range(_UNITS_BELOW)}
    codes = list(parents)
    for agency in agencies:
        units = [
            {"agency": agency, "code": code, "name": f"Unit {code}", "parent": parent, "changed_at": now}
            for code, parent in parents.items()
        ]
        with write_transaction(parts.engine) as connection:
            connection.execute(insert(DeskUnit), units)
            query = select(col(DeskCase.dispatch_id)).where(col(DeskCase.agency) == agency)
            ids: Sequence[UUID] = connection.execute(query).scalars().all()
            held = {dispatch_id: chooser.choice(codes) for dispatch_id in ids if chooser.random() < _PASSED_ON}
            for start in range(0, len(ids), _ROWS_AT_ONCE):
                chunk = ids[start : start + _ROWS_AT_ONCE]
                rows = [
                    {"dispatch_id": id_, "agency": agency, "unit": f"Unit {held[id_]}", "unit_code": held[id_]}
                    for id_ in chunk
                    if id_ in held
                ]
                if rows:
                    connection.execute(insert(DeskHolder), rows)
                write_unit_cases(connection, chunk)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    result = main(
        int(arguments[0]) if arguments else 1_000_000,
        (arguments[1:] or ["sqlite"])[0],
        int("".join(arguments[2:]) or _GOVERNMENTS),
    )
    sys.stdout.write(json.dumps(result) + "\n")

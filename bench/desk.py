"""Measures the desk with a country's cases: processor time of a list and of a case while 100 officers work at once.

`python -m bench.desk [CASES] [sqlite|postgresql] [OFFICERS]` generates the cases (1,000,000 by default) on SQLite or on
a PostgreSQL of its own. Half of them are of one agency, to which all officers belong. It prints one JSON object. `list`
and `case` are milliseconds of processor time of one page: of the service, with that of the database's server.
"""

import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import requests

from accounts.account_store import save_account
from app.assembly.channels import CHANNELS
from app.assembly.desk.accounts import build_account_services
from app.assembly.migrate import migrate
from app.assembly.parts import Parts
from app.clock import utc_now
from app.simulator.wait import started
from app.surroundings import system_surroundings
from bench.processes import tree_cpu_seconds
from config.database import read_transaction, write_transaction
from config.settings import Settings
from desk.pages.list_query import ListQuery
from desk.read_model.queries import TABS, CaseFilter, read_page
from desk.units.tiers import Tier
from tests.support.generated_cases import generate_cases
from tests.support.ports import free_port
from tests.support.postgresql import start_postgres

_OFFICERS = 100
_PAGES_PER_OFFICER = 4
_AGENCIES = ("kota-3374", "bumn-pln", "provinsi-33", "kementerian-kemenkes", "kabupaten-3404", "kabupaten-3322")
_LISTS = (
    ListQuery(),
    ListQuery("overdue"),
    ListQuery("done"),
    # Most generated cases have these words, no case has the next ones.
    ListQuery(words="lampu padam"),
    ListQuery(words="kucing lampu"),
    ListQuery(topic="topik-7", joined=3),
)
_START_SECONDS = 120.0


def main(count: int, database: str, officers: int = _OFFICERS) -> dict[str, object]:
    """Generate the cases and measure; return the figures."""
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder, database_of(database) as server:
        url, main_process = server
        settings = {"home": folder, "port": str(free_port()), "bus": "local", "database_url": url}
        parts = Parts(Settings.model_validate(settings), CHANNELS, system_surroundings())
        migrate(parts.engine)
        began = time.process_time()
        generate_cases(parts.engine, _AGENCIES, count, utc_now())
        generated = time.process_time() - began
        tokens = _sessions(parts, officers)
        numbers = _numbers(parts)
        environment = {f"SATUPINTU_{name.upper()}": value for name, value in settings.items()}
        with started({**environment, "SATUPINTU_LOG_LEVEL": "warning"}, "desk") as process:
            site = f"http://127.0.0.1:{parts.settings.port}"
            _wait_until_served(site)

            def cpu() -> float:
                return tree_cpu_seconds(process.pid, *((main_process,) if main_process else ()))

            lists = [query.list_address() for query in _LISTS]
            cases = [f"/desk/laporan/{number}" for number in numbers]
            _visit(site, tokens[:1], [*lists, *cases[:4]])
            return {
                "cases": count,
                "database": database,
                "officers": officers,
                "generate": round(generated / count * 1e6),
                "list": _milliseconds(lambda: _visit(site, tokens, lists), cpu),
                "case": _milliseconds(lambda: _visit(site, tokens, cases), cpu),
            }


@contextmanager
def database_of(name: str) -> Iterator[tuple[str, int]]:
    """Yield the address of the database, and the main process of its server: 0 for SQLite, which has none."""
    if name == "sqlite":
        yield "", 0
        return
    # A folder of its own: the service's is private, and PostgreSQL runs as another user.
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-postgresql-") as data:
        server = start_postgres(Path(data))
        try:
            yield server.get_uri(), int((Path(data) / "postmaster.pid").read_text().split()[0])
        finally:
            server.cleanup()


def _sessions(parts: Parts, officers: int) -> Sequence[str]:
    """Return the session of each officer."""
    services = build_account_services(parts, lambda *_: None)
    tokens = []
    for number in range(officers):
        account_id = uuid4()
        values = {"email": f"{number}@instansi.example", "name": f"Petugas {number}", "role": "officer"}
        with write_transaction(parts.engine) as connection:
            save_account(connection, account_id, {**values, "agency": _AGENCIES[0]}, utc_now())
        tokens.append(services.sessions.start(account_id, "bench"))
    return tokens


def _numbers(parts: Parts) -> Sequence[str]:
    """Return numbers of cases of each tab."""
    with read_transaction(parts.engine) as connection:
        pages = [read_page(connection, Tier(_AGENCIES[0]), CaseFilter(tab), utc_now(), 20) for tab in TABS]
    return [row.tracking for page in pages for row in page.rows]


def _visit(site: str, tokens: Sequence[str], paths: Sequence[str]) -> int:
    """Let all officers open pages at once; return the number of pages."""
    begin = threading.Barrier(len(tokens))

    def visit(officer: int) -> int:
        begin.wait()
        for position in range(_PAGES_PER_OFFICER):
            path = paths[(officer + position) % len(paths)]
            headers = {"Cookie": f"__Host-meja={tokens[officer]}", "Accept": "text/html"}
            # A busy desk answers 503 and says when to come again.
            while (
                response := requests.get(site + path, headers=headers, timeout=120)
            ).status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                time.sleep(float(response.headers.get("Retry-After", "1")))
            response.raise_for_status()
        return _PAGES_PER_OFFICER

    with ThreadPoolExecutor(len(tokens)) as pool:
        return sum(pool.map(visit, range(len(tokens))))


def _open(address: str, headers: dict[str, str]) -> requests.Response:
    return requests.get(address, headers=headers, timeout=120)


def _milliseconds(visit: Callable[[], int], cpu: Callable[[], float]) -> float:
    before = cpu()
    pages = visit()
    return round((cpu() - before) / pages * 1000, 1)


def _wait_until_served(site: str) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        try:
            if requests.get(f"{site}/desk/masuk", timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    raise TimeoutError("the desk did not answer")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    figures = main(
        int(arguments[0]) if arguments else 1_000_000,
        (arguments[1:] or ["sqlite"])[0],
        int("".join(arguments[2:]) or _OFFICERS),
    )
    sys.stdout.write(json.dumps(figures) + "\n")

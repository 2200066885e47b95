"""Measures the pages with figures of a country: processor time of each page, for overseers and for everybody.

`python -m bench.oversight [CASES] [DATABASE]` (100,000 cases by default) fills the read model with invented cases of
a year, of 500 agencies, 38 provinces and 100 topics: in a new SQLite file, or in the database of a URL. One
that has cases is measured as it is. It prints one JSON object: milliseconds of processor time by page, of the service
with its client (not that of a PostgreSQL server). `first` is the first request of a public page on a day, which
computes the months. `figures` are those of `satupintu figures --json`: of a month, and of all months.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, func, insert, select, text
from sqlmodel import SQLModel, col

from app.assembly.migrate import migrate
from app.database import open_database
from config.database import read_transaction, snapshot_transaction, write_transaction
from config.reference.regions import load_regions
from oversight.figures.computation import compute_figures
from oversight.figures.counts import NATION, Period, jakarta_day, month_period
from oversight.figures.figures_json import figures_json
from oversight.read_model.day_counts import read_counts
from oversight.read_model.tables import OversightCase, OversightDay
from oversight.read_model.tallies import DayKey, day_tallies
from tests.ingest.door_client import DoorServer
from tests.oversight.pages.site import NOW, OversightSite
from tests.support.deadlines import DEADLINES

_MONTH = "2026-05"
_REPEATS = 3
_BATCH = 10_000
_DAYS = 365
_FIRST = NOW - timedelta(days=_DAYS)
_PERIODS = {"figures of a month": month_period(2026, 5), "figures of all months": None}
_PAGES = {
    "nation": f"/pengawasan?bulan={_MONTH}",
    "nation, agencies ranked": f"/pengawasan?bulan={_MONTH}&peringkat=instansi",
    "province": f"/pengawasan/provinsi/33?bulan={_MONTH}",
    "agency": f"/pengawasan/instansi/kota-3374?bulan={_MONTH}",
    "topic": f"/pengawasan/topik/jalan?bulan={_MONTH}",
    "nation, days ranked": f"/pengawasan?bulan={_MONTH}&peringkat=instansi&ukuran=hari-jawab",
    "file": f"/pengawasan?bulan={_MONTH}&peringkat=instansi&berkas=csv",
    "public nation": f"/angka?bulan={_MONTH}&peringkat=instansi",
    "public province": f"/angka/provinsi/33?bulan={_MONTH}",
}
_OPENS = ("public nation",)


def main(count: int, url: str = "") -> dict[str, object]:
    """Fill the read model and measure; return the figures."""
    with tempfile.TemporaryDirectory(prefix="satupintu-bench-") as folder:
        engine = open_database(url or f"sqlite:///{Path(folder) / 'oversight.db'}")
        migrate(engine)
        began = time.process_time()
        if not _has_cases(engine):
            fill(engine, count)
        filled = time.process_time() - began
        server = DoorServer()
        with server.serving():
            site = OversightSite(engine, server)
            first = {f"{name}, first": round(_milliseconds(site, _PAGES[name])) for name in _OPENS}
            pages = {
                name: round(min(_milliseconds(site, path) for _ in range(_REPEATS))) for name, path in _PAGES.items()
            }
        figures = {name: round(_figures_milliseconds(engine, period)) for name, period in _PERIODS.items()}
        rows = {str(table.__tablename__): _count(engine, table) for table in (OversightCase, OversightDay)}
        engine.dispose()
    return {"rows": rows, "fill_seconds": round(filled), **first, **pages, **figures}


def _has_cases(engine: Engine) -> bool:
    with read_transaction(engine) as connection:
        return connection.execute(select(col(OversightCase.complaint_id)).limit(1)).first() is not None


def _count(engine: Engine, table: type[SQLModel]) -> int:
    with read_transaction(engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def fill(engine: Engine, count: int) -> None:
    """Write the cases and their counts."""
    tallies: Counter[DayKey] = Counter()
    batch: list[dict[str, Any]] = []
    for row in cases_of_country(count):
        tallies.update(day_tallies(row))
        batch.append(row)
        if len(batch) == _BATCH:
            write_rows(engine, OversightCase, batch)
            batch = []
    write_rows(engine, OversightCase, batch)
    counts = ({**key._asdict(), "number": number} for key, number in tallies.items())
    for chunk in _chunks(counts):
        write_rows(engine, OversightDay, chunk)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def cases_of_country(count: int) -> Iterator[dict[str, Any]]:
    """Yield the columns of so many cases of a year, with 500 agencies."""
    chance = random.Random(1)  # noqa: S311 - reproducible examples
    places = _places()
    return (_case(chance, places) for _ in range(count))


def write_rows(engine: Engine, table: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows in one transaction."""
    if rows:
        with write_transaction(engine) as connection:
            connection.execute(insert(table.__table__), rows)


def _chunks(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _BATCH:
            yield chunk
            chunk = []
    yield chunk


def _places() -> Sequence[tuple[str, str]]:
    """Return agencies with their provinces, among them that of Semarang."""
    regions = load_regions()
    cities = [city.code for province in regions.children() for city in regions.children(province.code)]
    return [("kota-3374", "33"), *((f"kabupaten-{code.replace('.', '')}", code[:2]) for code in cities[:499])]


def _case(chance: random.Random, places: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return the columns of a case. Few agencies have many cases; the newer ones are open more often."""
    at = _FIRST + timedelta(seconds=chance.randrange(_DAYS * 86_400))
    agency, province = places[min(int(chance.expovariate(1 / 120)), len(places) - 1)]
    answered_at = at + timedelta(days=chance.expovariate(1 / 8))
    ended_at = answered_at + timedelta(days=chance.expovariate(1 / 15))
    due_at = at + timedelta(days=7)
    is_answered, is_open = answered_at < NOW and chance.random() < 0.9, ended_at > NOW or chance.random() < 0.1  # noqa: PLR2004 - nine of ten
    answer = ("met" if answered_at <= due_at else "missed") if is_answered else "open"
    return {
        **{name: field.default for name, field in OversightCase.model_fields.items() if not field.is_required()},
        "complaint_id": UUID(int=chance.getrandbits(128), version=4),
        "tracking": "",
        "received_at": at,
        "began_at": at,
        "day": jakarta_day(at),
        "channel": chance.choice(("web", "sms", "twitter", "mobile")),
        "kind": "complaint",
        "is_own_case": True,
        "province": province,
        "topic": "jalan" if chance.random() < 0.1 else f"topik-{chance.randrange(100)}",  # noqa: PLR2004 - one of ten
        **dict.fromkeys(("first_agency", "answer_agency", "agency"), agency),
        "closings": int(not is_open),
        "has_evidence": not is_open,
        "state": "proses" if is_answered and is_open else "",
        "is_open": is_open,
        "forwarded_at": at,
        "forward_due_at": at + timedelta(days=5),
        "forward_outcome": "met",
        "first_agency_outcome": "met" if is_answered else "open",
        "touch_due_at": at + timedelta(days=14),
        "touch_outcome": answer,
        "answered_at": answered_at if is_answered else None,
        "answer_due_at": due_at,
        "answer_outcome": answer,
        "ended_at": None if is_open else ended_at,
        "open_due_at": due_at if is_open else None,
        "tables_version": DEADLINES.version,
    }


def _figures_milliseconds(engine: Engine, period: Period | None) -> float:
    began = time.process_time()
    with snapshot_transaction(engine) as connection:
        counts = read_counts(connection, NATION, period)
    figures_json(compute_figures(counts, jakarta_day(NOW), DEADLINES))
    return (time.process_time() - began) * 1_000


def _milliseconds(site: OversightSite, path: str) -> float:
    began = time.process_time()
    site.get(path)
    return (time.process_time() - began) * 1_000


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, *sys.argv[2:]), indent=1))  # noqa: T201 - the result

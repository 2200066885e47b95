"""The migration from counts by day to counts by month, on both databases."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import Engine, delete, insert, select

from config.database import read_transaction, write_transaction
from oversight.figures.computation import Figures, compute_figures
from oversight.figures.counts import NATION, Scope, jakarta_day, month_period
from oversight.read_model.day_counts import read_counts
from oversight.read_model.tables import OversightCase, OversightDay
from oversight.read_model.tallies import DayKey, day_tallies
from tests.conftest import NOW
from tests.oversight.generated_rows import generate_rows
from tests.support.deadlines import DEADLINES
from tests.support.older_database import migrate_to

AGENCY = "kota-3"
SCOPES = (NATION, Scope("agency", AGENCY))


def earlier_tallies(row: dict[str, Any]) -> Counter[DayKey]:
    """Return what a row added to the counts by day: each with the day of its arrival, and open cases twice."""
    counts: Counter[DayKey] = Counter()
    for key, number in day_tallies(row).items():
        # A bucket that has become 0 differed between the cases.
        is_decided = key.measure.endswith(("_missed", "_dropped"))
        bucket = row["received_at"].toordinal() if is_decided else key.bucket
        counts[key._replace(day=row["day"], bucket=bucket)] += number
        if key.measure == "finish_open":
            counts[key._replace(day=row["day"], measure="open_since")] += number
    return counts


def stored(engine: Engine) -> Counter[DayKey]:
    """Return the counts of the database."""
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*OversightDay.__table__.columns)).all()  # type: ignore[attr-defined]
    return Counter({DayKey(*row[:-1]): row.number for row in rows})


def figures_of(engine: Engine) -> list[Figures]:
    """Return the figures of two scopes, of a month and of all months."""
    today, month = jakarta_day(NOW), month_period(NOW.year, NOW.month)
    with read_transaction(engine) as connection:
        return [
            compute_figures(read_counts(connection, scope, period), today, DEADLINES)
            for scope in SCOPES
            for period in (month, None)
        ]


def test_counts_by_day_become_counts_by_month(engine: Engine) -> None:
    """They are those that the rows lead to now. The way back leaves all figures as they were."""
    generate_rows(engine, [f"kota-{number}" for number in range(5)], 150, 60, NOW, DEADLINES)
    expected, figures = stored(engine), figures_of(engine)
    assert {key.day.day for key in expected if key.scope_kind != "nation"} == {1}
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*OversightCase.__table__.columns)).mappings().all()  # type: ignore[attr-defined]
    earlier: Counter[DayKey] = Counter()
    for row in rows:
        earlier.update(earlier_tallies(dict(row)))
    # Two changes that cancelled each other left such rows.
    earlier[DayKey("agency", AGENCY, date(2024, 5, 3), "case", 0, "")] = 1
    earlier[DayKey("agency", AGENCY, date(2024, 5, 4), "case", 0, "")] = -1
    try:
        migrate_to(engine, "0039", down=True)
        with write_transaction(engine) as connection:
            connection.execute(delete(OversightDay))
            values = [{**key._asdict(), "number": number} for key, number in earlier.items()]
            connection.execute(insert(OversightDay), values)
    finally:
        migrate_to(engine, "head")
    assert stored(engine) == expected
    assert len(expected) < len(earlier)
    assert figures_of(engine) == figures


def test_the_earlier_program_can_use_counts_by_month(engine: Engine) -> None:
    """After a downgrade it finds its counts of open cases."""
    generate_rows(engine, [AGENCY], 60, 60, NOW, DEADLINES)
    counts = stored(engine)
    try:
        migrate_to(engine, "0039", down=True)
        downgraded = stored(engine)
    finally:
        migrate_to(engine, "head")
    open_cases = {key: number for key, number in downgraded.items() if key.measure == "open_since"}
    assert open_cases
    assert {key._replace(measure="finish_open"): number for key, number in open_cases.items()} == {
        key: number for key, number in counts.items() if key.measure == "finish_open"
    }
    assert stored(engine) == counts

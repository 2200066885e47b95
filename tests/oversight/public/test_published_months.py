"""Months that everybody reads: computed once a day, and nobody waits for another reader."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, event

from config.database import write_transaction
from config.stored_counts import add_counts
from oversight.pages.months import Month
from oversight.public.published_month import REST
from oversight.public.published_months import MonthNotReady, PublishedMonths
from oversight.read_model.tables import OversightDay
from oversight.read_model.tallies import DayKey

JUNE = Month(2026, 6)


class Reads:
    """Counts the statements on a database. The first one waits for `goes_on`."""

    def __init__(self, engine: Engine) -> None:
        self.count = 0
        self.began = threading.Event()
        self.goes_on = threading.Event()
        event.listen(engine, "before_cursor_execute", self._before)

    def _before(self, *_arguments: Any) -> None:
        self.count += 1
        self.began.set()
        assert self.goes_on.wait(30)


def test_a_month_is_computed_once_a_day_and_no_reader_waits(engine: Engine) -> None:
    """A second reader is refused meanwhile; later ones get the month without a query until the day has ended."""
    time = [datetime(2026, 7, 20, 2, tzinfo=UTC)]
    months = PublishedMonths(engine, lambda: time[0], b"key")
    reads = Reads(engine)
    reader = threading.Thread(target=months.get, args=(JUNE,))
    reader.start()
    assert reads.began.wait(30)
    with pytest.raises(MonthNotReady):
        months.get(JUNE)
    reads.goes_on.set()
    reader.join(30)
    count = reads.count
    published = months.get(JUNE)
    assert months.get(JUNE) is published
    assert reads.count == count
    time[0] += timedelta(days=1)
    assert months.get(JUNE) is not published
    assert reads.count > count
    engine.dispose()


def test_only_months_that_have_ended_are_offered(engine: Engine) -> None:
    """By Jakarta time, where the month ends seven hours before that of UTC."""
    months = PublishedMonths(engine, lambda: datetime(2026, 6, 30, 17, tzinfo=UTC), b"key")
    assert months.newest() == JUNE
    assert [months.is_offered(month) for month in (JUNE, Month(2026, 7), Month(2023, 7), Month(2023, 6))] == [
        *(True, False, True, False)
    ]
    engine.dispose()


def test_a_month_is_that_of_one_moment(engine: Engine) -> None:
    """Cases that come between two queries are in no table: the cases without a province would be a negative number."""
    cases: dict[NamedTuple, int] = {
        DayKey(kind, value, JUNE.period.first, measure, bucket, ""): 20
        for kind, value in (("nation", ""), ("province", "33"), ("agency", "kota-3374"), ("topic", "jalan"))
        for measure, bucket in (("answer_met", JUNE.period.last.toordinal()), ("case", 0))
    }
    statements = 0

    def add_cases(*_arguments: Any) -> None:
        nonlocal statements
        statements += 1
        # The first query is that of the marker, the second one that of the nation.
        if statements == 2:
            with write_transaction(engine) as connection:
                add_counts(connection, OversightDay, cases)

    with write_transaction(engine) as connection:
        add_counts(connection, OversightDay, cases)
    event.listen(engine, "after_cursor_execute", add_cases)
    published = PublishedMonths(engine, lambda: datetime(2026, 7, 20, 2, tzinfo=UTC), b"key").get(JUNE)
    event.remove(engine, "after_cursor_execute", add_cases)
    assert statements > 2
    for table in published.tables["dijawab"].values():
        assert (table.totals.parts, table.rows[REST].parts) == ((20, 0, 0), (0, 0, 0))

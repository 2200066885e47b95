"""Numbers of the cases of a scope that are overdue for the longest time. No words."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple

from sqlalchemy import Engine

from config.database import read_transaction
from config.time_zones import TimeZone
from oversight.figures.counts import Scope, jakarta_day
from oversight.read_model.day_counts import read_longest_overdue

SHOWN_CASES = 20


class OverdueCase(NamedTuple):
    """A case whose deadline has passed. `agency` is a code, `days` counts days in Jakarta since the deadline."""

    number: str
    agency: str
    due_at: datetime
    days: int


def read_overdue_cases(engine: Engine, scope: Scope, now: datetime) -> Sequence[OverdueCase]:
    """Return the cases whose deadline passed first, as the sentence on top of a page counts them."""
    today = jakarta_day(now)
    midnight = datetime.combine(today, time(), TimeZone.WIB.value)
    with read_transaction(engine) as connection:
        rows = read_longest_overdue(connection, scope, midnight, SHOWN_CASES)
    return [
        OverdueCase(row.tracking, row.agency, row.open_due_at, (today - jakarta_day(row.open_due_at)).days)
        for row in rows
    ]

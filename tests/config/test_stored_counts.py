"""Tables of counts, on both databases."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Engine, select

from config.database import read_transaction, write_transaction
from config.stored_counts import add_counts
from oversight.read_model.tables import OversightDay
from oversight.read_model.tallies import DayKey

_TODAY = date(2026, 5, 4)
_RECEIVED = DayKey("nation", "", _TODAY, "received", 0, "sms")
_OPEN = DayKey("agency", "kota-3374", _TODAY, "open_due", 739_000, "")


def test_differences_are_added(engine: Engine) -> None:
    """A first difference makes a row, and a later one changes it."""
    _add(engine, {_RECEIVED: 2, _OPEN: 1})
    _add(engine, {_RECEIVED: 3, _OPEN: 1})
    assert _numbers(engine) == {_RECEIVED: 5, _OPEN: 2}


def test_a_count_of_zero_has_no_row(engine: Engine) -> None:
    """A number that becomes 0 loses its row, a difference of 0 makes none, and others stay."""
    _add(engine, {_RECEIVED: 2, _OPEN: 2})
    _add(engine, {_RECEIVED: -2, _OPEN: -1, _OPEN._replace(bucket=1): 0})
    assert _numbers(engine) == {_OPEN: 1}


def _add(engine: Engine, differences: Mapping[DayKey, int]) -> None:
    with write_transaction(engine) as connection:
        add_counts(connection, OversightDay, differences)


def _numbers(engine: Engine) -> Mapping[DayKey, int]:
    columns = OversightDay.__table__.columns  # type: ignore[attr-defined]
    with read_transaction(engine) as connection:
        rows = connection.execute(select(*(columns[name] for name in (*DayKey._fields, "number"))))
        return {DayKey(*key): number for *key, number in rows}

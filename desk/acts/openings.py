"""Openings of cases with a danger to life: which of them nobody of the agency has read, and since when.

An officer opens a case by its page, a program by the interface, and both by an answer. Of other cases nothing is
stored, and of no opening the person.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, func, or_, select
from sqlmodel import col

from config.conditions import is_one_of
from config.database import insertion_or_replacement, read_transaction, write_transaction
from desk.acts.tables import DeskOpening
from desk.read_model.tables import DeskCase


class UnopenedDangers(NamedTuple):
    """Cases of an agency with a danger to life that nobody has opened since the danger came; `oldest` is that time."""

    agency: str
    cases: int
    oldest: datetime


def record_openings(engine: Engine, cases: Iterable[Row[Any]], now: datetime) -> None:
    """Store that somebody of the agency opened these cases. `cases` have the columns of `DeskCase`.

    Only those with a danger that has no answer are stored, once for each danger: reading a list seldom writes.
    """
    dangers = {case.dispatch_id: case for case in cases if case.danger_since is not None}
    if not dangers:
        return
    opened = select(col(DeskOpening.dispatch_id), col(DeskOpening.opened_at))
    with read_transaction(engine) as connection:
        rows_of_openings = connection.execute(opened.where(is_one_of(col(DeskOpening.dispatch_id), dangers)))
        opened_at = {row.dispatch_id: row.opened_at for row in rows_of_openings}
    rows = [
        {"dispatch_id": dispatch_id, "agency": case.agency, "opened_at": now}
        for dispatch_id, case in dangers.items()
        if dispatch_id not in opened_at or opened_at[dispatch_id] < case.danger_since
    ]
    if rows:
        with write_transaction(engine) as connection:
            connection.execute(insertion_or_replacement(connection.dialect.name, DeskOpening), rows)


def record_opening(engine: Engine, dispatch_id: UUID, now: datetime) -> None:
    """Store that somebody opened the case of this dispatch. An unknown one is ignored."""
    columns = (col(getattr(DeskCase, name)) for name in ("dispatch_id", "agency", "danger_since"))
    query = select(*columns).where(col(DeskCase.dispatch_id) == dispatch_id)
    with read_transaction(engine) as connection:
        cases = connection.execute(query).all()
    record_openings(engine, cases, now)


def read_unopened_numbers(connection: Connection, agency: str) -> Sequence[str]:
    """Return the numbers of the agency's cases of danger that nobody has opened, the oldest danger first."""
    query = _unopened(col(DeskCase.danger_since), col(DeskCase.tracking)).where(col(DeskCase.agency) == agency)
    rows = connection.execute(query).all()
    return [row.tracking for row in sorted(rows, key=lambda row: (row.danger_since, row.tracking))]


def read_unopened_dangers(connection: Connection) -> Sequence[UnopenedDangers]:
    """Return the agencies with cases of danger that nobody has opened, by code."""
    agency = col(DeskCase.agency)
    query = _unopened(agency, func.count(), func.min(col(DeskCase.danger_since))).group_by(agency).order_by(agency)
    return [UnopenedDangers(agency, cases, oldest) for agency, cases, oldest in connection.execute(query) if oldest]


def _unopened(*columns: Any) -> Select[Any]:
    danger_since, opened_at = col(DeskCase.danger_since), col(DeskOpening.opened_at)
    return (
        select(*columns)
        .select_from(DeskCase)
        .outerjoin(DeskOpening, col(DeskOpening.dispatch_id) == col(DeskCase.dispatch_id))
        .where(danger_since.is_not(None), or_(opened_at.is_(None), opened_at < danger_since))
    )

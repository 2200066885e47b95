"""Closings that the router had processed, and the normalizer not, when outcomes began to be published."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from app.database import open_database
from config.database import UtcDateTime, read_transaction, write_transaction
from normalize.duplicates.store.tables import ClosedComplaint
from tests.conftest import NOW
from tests.router.test_former_answers import dispatch_row
from tests.support.older_database import migrate_to

_BEFORE, _AFTER = "0049", "0050"
_UNREAD, _KNOWN, _CLOSED_AGAIN, _REOPENED, _REFUSED, _LATE = (UUID(int=number) for number in range(1, 7))
_JOIN, _REPEAT, _OTHER = (UUID(int=number) for number in range(11, 14))
_ANSWERS = sa.table(
    "router_answer",
    *(sa.column(name, sa.Uuid()) for name in ("id", "dispatch_id")),
    *(sa.column(name) for name in ("position", "verdict", "outcome")),
    sa.column("taken_at", UtcDateTime()),
)
_DISPATCHES = sa.table(
    "ledger_dispatch",
    *(sa.column(name, sa.Uuid()) for name in ("id", "complaint_id", "of")),
    *(sa.column(name) for name in ("agency", "hop", "reasons", "rules_version", "relation", "own_case")),
    *(sa.column(name, UtcDateTime()) for name in ("dispatched_at", "due_at")),
)
_MATTERS = sa.table(
    "normalize_matter",
    *(sa.column(name, sa.Uuid()) for name in ("complaint_id", "root", "own")),
    *(sa.column(name) for name in ("number", "sender", "joined", "body")),
    *(sa.column(name, UtcDateTime()) for name in ("at", "since")),
)
_CLOSED = sa.table(
    "normalize_closed",
    sa.column("complaint_id", sa.Uuid()),
    *(sa.column(name, UtcDateTime()) for name in ("closed_at", "reopened_at")),
)


def hour(number: int) -> datetime:
    """Return the time this many hours after the first dispatch."""
    return NOW + timedelta(hours=number)


def answer_row(case: UUID, verdict: str, outcome: str, at: datetime, number: int = 0) -> dict[str, Any]:
    """Return the router's row of an answer to the dispatch of a case."""
    ids = {"id": UUID(int=1000 + 10 * case.int + number), "dispatch_id": UUID(int=100 + case.int)}
    return {**ids, "position": f"agency-answers/0/{case.int}", "verdict": verdict, "outcome": outcome, "taken_at": at}


def matter_row(number: int, complaint_id: UUID, root: UUID | None, own: UUID | None = None) -> dict[str, Any]:
    """Return the normalizer's row of a complaint."""
    ids = {"complaint_id": complaint_id, "root": root, "own": own}
    return {**ids, "number": number, "sender": "s", "joined": False, "body": "", "at": NOW, "since": NOW}


@pytest.fixture
def older(blank_database: str) -> Callable[[], Engine]:
    """Return an opener of a database without tables."""
    return lambda: open_database(blank_database)


@pytest.mark.slow
def test_the_normalizer_learns_what_the_router_had_closed(older: Callable[[], Engine]) -> None:
    """A closing that it had not read closes the case and what belongs to it. Nothing else changes."""
    engine = older()
    migrate_to(engine, _BEFORE)
    cases = (_UNREAD, _KNOWN, _CLOSED_AGAIN, _REOPENED, _REFUSED, _LATE)
    with write_transaction(engine) as connection:
        dispatches = [dispatch_row(UUID(int=100 + case.int), case, "kota-3374", 0) for case in cases]
        connection.execute(sa.insert(_DISPATCHES), dispatches)
        answers = [
            answer_row(_UNREAD, "accepted", "counted", hour(1)),
            answer_row(_UNREAD, "closed", "counted", hour(2), 1),
            answer_row(_KNOWN, "closed", "counted", hour(2)),
            answer_row(_CLOSED_AGAIN, "closed", "counted", hour(2)),
            answer_row(_CLOSED_AGAIN, "closed", "counted", hour(6), 1),
            answer_row(_REOPENED, "closed", "counted", hour(2)),
            answer_row(_REFUSED, "refused", "counted", hour(2)),
            answer_row(_LATE, "closed", "late", hour(2)),
        ]
        connection.execute(sa.insert(_ANSWERS), answers)
        matters = [
            *(matter_row(number, case, None) for number, case in enumerate(cases)),
            matter_row(20, _JOIN, _UNREAD),
            matter_row(21, _REPEAT, _OTHER, _UNREAD),
            matter_row(22, _OTHER, None),
        ]
        connection.execute(sa.insert(_MATTERS), matters)
        closed = [
            {"complaint_id": _KNOWN, "closed_at": hour(2), "reopened_at": None},
            {"complaint_id": _CLOSED_AGAIN, "closed_at": hour(2), "reopened_at": hour(4)},
            {"complaint_id": _REOPENED, "closed_at": hour(2), "reopened_at": hour(4)},
        ]
        connection.execute(sa.insert(_CLOSED), closed)
    migrate_to(engine, _AFTER)
    columns = (col(ClosedComplaint.complaint_id), col(ClosedComplaint.closed_at), col(ClosedComplaint.reopened_at))
    with read_transaction(engine) as connection:
        rows = sorted(map(tuple, connection.execute(select(*columns))))
    assert rows == [
        (_UNREAD, hour(2), None),
        (_KNOWN, hour(2), None),
        (_CLOSED_AGAIN, hour(6), hour(4)),
        (_REOPENED, hour(2), hour(4)),
        (_JOIN, hour(2), None),
        (_REPEAT, hour(2), None),
    ]
    engine.dispose()

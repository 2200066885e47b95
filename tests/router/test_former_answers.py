"""Answers from before the router stored them: the migration takes them over from the ledger."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine
from sqlmodel import col, select

from app.assembly.migrate import migrate
from app.database import open_database
from config.database import UtcDateTime, read_transaction, write_transaction
from router.answer_store import AnswerRecord, counted_verdicts
from tests.conftest import NOW
from tests.support.older_database import migrate_to

_BEFORE = "0011"
_CASE, _REPEAT = UUID(int=1), UUID(int=2)
_FIRST_HOP, _SECOND_HOP, _REPEAT_HOP = UUID(int=10), UUID(int=11), UUID(int=20)
_DISPATCHES = sa.table(
    "ledger_dispatch",
    *(sa.column(name, sa.Uuid()) for name in ("id", "complaint_id", "of")),
    *(sa.column(name) for name in ("agency", "hop", "reasons", "rules_version", "relation", "own_case")),
    *(sa.column(name, UtcDateTime()) for name in ("dispatched_at", "due_at")),
)
_ANSWERS = sa.table(
    "ledger_answer",
    *(sa.column(name, sa.Uuid()) for name in ("id", "complaint_id", "dispatch_id")),
    *(sa.column(name) for name in ("agency", "verdict", "text")),
    sa.column("answered_at", UtcDateTime()),
)


@pytest.fixture
def older(blank_database: str) -> Callable[[], Engine]:
    """Return an opener of a database without tables."""
    return lambda: open_database(blank_database)


def dispatch_row(id_: UUID, complaint_id: UUID, agency: str, hop: int, of: UUID | None = None) -> dict[str, Any]:
    """Return a dispatch; `of` is the case that it accompanies."""
    relation = {"relation": "repeat" if of else "new", "own_case": of is None, "of": of}
    times = {"dispatched_at": NOW, "due_at": NOW}
    fields = {"id": id_, "complaint_id": complaint_id, "agency": agency, "hop": hop}
    return {**fields, "reasons": "[]", "rules_version": "1", **relation, **times}


def answer_row(number: int, complaint_id: UUID, dispatch_id: UUID, agency: str, verdict: str) -> dict[str, Any]:
    """Return an answer of an agency."""
    ids = {"id": UUID(int=number), "complaint_id": complaint_id, "dispatch_id": dispatch_id}
    return {**ids, "agency": agency, "verdict": verdict, "text": "", "answered_at": NOW}


def taken_at(connection: sa.Connection, number: int) -> datetime:
    """Return the bus's time that the router has for an answer."""
    query = select(AnswerRecord.taken_at).where(col(AnswerRecord.id) == UUID(int=number))
    return connection.execute(query).scalar_one()


@pytest.mark.slow
def test_a_case_that_was_closed_stays_closed(older: Callable[[], Engine]) -> None:
    """An answer to a repeat closed its case. A forged one, and one of a former agency, did not."""
    engine = older()
    migrate_to(engine, _BEFORE)
    dispatches = [
        dispatch_row(_FIRST_HOP, _CASE, "kota-3374", 0),
        dispatch_row(_SECOND_HOP, _CASE, "provinsi-33", 1),
        dispatch_row(_REPEAT_HOP, _REPEAT, "provinsi-33", 1, of=_CASE),
    ]
    answers = [
        answer_row(1, _CASE, _FIRST_HOP, "kota-3374", "refused"),
        answer_row(2, _CASE, _SECOND_HOP, "kota-3374", "closed"),
        answer_row(3, _CASE, _SECOND_HOP, "provinsi-33", "accepted"),
        answer_row(4, _REPEAT, _REPEAT_HOP, "provinsi-33", "closed"),
        answer_row(5, _CASE, UUID(int=99), "provinsi-33", "responded"),
    ]
    with write_transaction(engine) as connection:
        connection.execute(sa.insert(_DISPATCHES), dispatches)
        connection.execute(sa.insert(_ANSWERS), answers)
    migrate(engine)
    with read_transaction(engine) as connection:
        assert counted_verdicts(connection, _FIRST_HOP) == ["refused"]
        assert sorted(counted_verdicts(connection, _SECOND_HOP)) == ["accepted", "closed"]
        assert taken_at(connection, 4) == NOW
        times = sa.text("SELECT count(*) FROM ledger_answer WHERE recorded_at = answered_at AND position = ''")
        assert connection.execute(times).scalar_one() == len(answers)
    migrate_to(engine, _BEFORE, down=True)
    engine.dispose()

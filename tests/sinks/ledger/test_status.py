"""Statuses of many numbers at once, with few SQL statements."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, insert

from config.database import write_transaction
from messages.topics import TRIAGE
from sinks.ledger.status import StatusReader, StatusStep
from sinks.ledger.tables import AnswerRow, ComplaintRow, DispatchRow
from tests.conftest import NOW

_NAMES = {"kota-3374": "Kota Semarang"}


def number(index: int) -> str:
    """Return a tracking number."""
    return f"N{index:011d}"


def complaint(index: int, of: int | None = None) -> dict[str, Any]:
    """Return a row of the ledger; `of` is the complaint that it belongs to."""
    content = {
        "channel": "web",
        "kind": "pengaduan",
        "title": "",
        "text": "x",
        "contact": "",
        "message_id": UUID(int=0),
    }
    flags = {"anonim": False, "rahasia": False, "relation": "repeat" if of else "new"}
    related_id = UUID(int=of) if of else None
    return {"id": UUID(int=index), "tracking": number(index), "of": related_id, "received_at": NOW, **content, **flags}


def dispatch(index: int, hop: int = 0) -> dict[str, Any]:
    """Return a dispatch, an hour later for each hop."""
    at = NOW + timedelta(hours=hop)
    content = {"agency": "kota-3374", "reasons": "[]", "rules_version": "1", "dispatched_at": at, "due_at": at}
    return {"id": UUID(int=index * 100 + hop), "complaint_id": UUID(int=index), "hop": hop, **content}


def answer(index: int, verdict: str) -> dict[str, Any]:
    """Return an agency's answer, a day later."""
    content = {"agency": "kota-3374", "verdict": verdict, "text": "", "answered_at": NOW + timedelta(days=1)}
    return {"id": UUID(int=index), "complaint_id": UUID(int=index), "dispatch_id": UUID(int=index * 100), **content}


def written(engine: Engine, count: int) -> list[str]:
    """Write complaints, every second answered, every third a repeat of the first. Return their numbers."""
    indexes = range(1, count + 1)
    firsts = [index for index in indexes if index == 1 or index % 3]
    with write_transaction(engine) as connection:
        connection.execute(
            insert(ComplaintRow), [complaint(index, None if index in firsts else 1) for index in indexes]
        )
        connection.execute(insert(DispatchRow), [dispatch(index, hop) for index in firsts for hop in range(2)])
        connection.execute(insert(AnswerRow), [answer(index, "closed") for index in firsts if index % 2])
    return [number(index) for index in indexes]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Record every SQL statement."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def test_many_statuses_equal_single_ones(engine: Engine) -> None:
    """Many numbers have the same statuses as each alone; unknown ones are left out."""
    numbers = written(engine, 7)
    ledger = StatusReader(engine, _NAMES)

    statuses = ledger.statuses([*numbers, numbers[0], number(99)])

    assert statuses == {tracking: ledger.status(tracking) for tracking in numbers}
    assert {tracking: statuses[tracking].state for tracking in numbers[:3]} == {
        number(1): "selesai",
        number(2): "terdisposisi",
        number(3): "selesai",
    }
    assert (statuses[number(3)].relation, statuses[number(3)].repeated_number, statuses[number(2)].repeated_number) == (
        "repeat",
        number(1),
        None,
    )
    assert statuses[number(1)].steps == (
        StatusStep(NOW, "received"),
        StatusStep(NOW, "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(hours=1), "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(days=1), "closed", "Kota Semarang"),
    )
    assert ledger.statuses([]) == {}


def test_a_triage_decision_is_no_refusal(engine: Engine) -> None:
    """A decision of triage is no refusal on the status page; an agency's refusal is."""
    decision = {**answer(1, "refused"), "agency": TRIAGE, "dispatch_id": UUID(int=101)}
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintRow), [complaint(1)])
        hops = [dispatch(1), {**dispatch(1, 1), "agency": TRIAGE}, dispatch(1, 2)]
        connection.execute(insert(DispatchRow), hops)
        connection.execute(insert(AnswerRow), [answer(1, "refused"), {**decision, "id": UUID(int=2)}])

    status = StatusReader(engine, _NAMES).status(number(1))

    assert status is not None
    assert [(step.kind, step.agency) for step in status.steps] == [
        ("received", ""),
        ("dispatched", "Kota Semarang"),
        ("dispatched", "triage"),
        ("dispatched", "Kota Semarang"),
        ("refused", "Kota Semarang"),
    ]


@pytest.mark.parametrize(("count", "statements"), [(1, 4), (1000, 4), (5001, 8)])
def test_a_few_statements_for_many(engine: Engine, count: int, statements: int) -> None:
    """Four statements suffice for five thousand numbers."""
    numbers = written(engine, count)
    with counted(engine) as all_statements:
        assert len(StatusReader(engine, _NAMES).statuses(numbers)) == count

    selects = [statement for statement in all_statements if statement.startswith("SELECT")]
    assert len(selects) <= statements

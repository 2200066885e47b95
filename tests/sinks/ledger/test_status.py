"""Looking up many numbers at once: each is what it would be alone, and the database is asked a few times for all."""

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


def number(place: int) -> str:
    """A tracking number."""
    return f"N{place:011d}"


def complaint(place: int, of: int | None = None) -> dict[str, Any]:
    """A row of the ledger; `of` is the complaint that it belongs to."""
    said = {"channel": "web", "kind": "pengaduan", "title": "", "text": "x", "contact": "", "message_id": UUID(int=0)}
    flags = {"anonim": False, "rahasia": False, "relation": "repeat" if of else "new"}
    head = UUID(int=of) if of else None
    return {"id": UUID(int=place), "tracking": number(place), "of": head, "received_at": NOW, **said, **flags}


def dispatch(place: int, hop: int = 0) -> dict[str, Any]:
    """At an agency's door, an hour later for each hop."""
    at = NOW + timedelta(hours=hop)
    said = {"agency": "kota-3374", "reasons": "[]", "rules_version": "1", "dispatched_at": at, "due_at": at}
    return {"id": UUID(int=place * 100 + hop), "complaint_id": UUID(int=place), "hop": hop, **said}


def answer(place: int, verdict: str) -> dict[str, Any]:
    """What the agency said, a day later."""
    said = {"agency": "kota-3374", "verdict": verdict, "text": "", "answered_at": NOW + timedelta(days=1)}
    return {"id": UUID(int=place), "complaint_id": UUID(int=place), "dispatch_id": UUID(int=place * 100), **said}


def written(engine: Engine, many: int) -> list[str]:
    """So many complaints, every second answered, every third one that belongs to the first; their numbers."""
    places = range(1, many + 1)
    firsts = [place for place in places if place == 1 or place % 3]
    with write_transaction(engine) as connection:
        connection.execute(insert(ComplaintRow), [complaint(place, None if place in firsts else 1) for place in places])
        connection.execute(insert(DispatchRow), [dispatch(place, hop) for place in firsts for hop in range(2)])
        connection.execute(insert(AnswerRow), [answer(place, "closed") for place in firsts if place % 2])
    return [number(place) for place in places]


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Every statement that the database is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def test_each_is_what_it_would_be_alone(engine: Engine) -> None:
    """States, steps in their order, and the number that a repeat belongs to; what is not known is left out."""
    numbers = written(engine, 7)
    ledger = StatusReader(engine, _NAMES)

    found = ledger.statuses([*numbers, numbers[0], number(99)])

    assert found == {each: ledger.status(each) for each in numbers}
    assert {each: found[each].state for each in numbers[:3]} == {
        number(1): "selesai",
        number(2): "terdisposisi",
        number(3): "selesai",
    }
    assert (found[number(3)].relation, found[number(3)].repeated_number, found[number(2)].repeated_number) == (
        "repeat",
        number(1),
        None,
    )
    assert found[number(1)].steps == (
        StatusStep(NOW, "received"),
        StatusStep(NOW, "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(hours=1), "dispatched", "Kota Semarang"),
        StatusStep(NOW + timedelta(days=1), "closed", "Kota Semarang"),
    )
    assert ledger.statuses([]) == {}


def test_what_triage_gives_on_it_does_not_refuse(engine: Engine) -> None:
    """The citizen reads where the report goes, not that nobody wants it; a refusal by an institution is told."""
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


@pytest.mark.parametrize(("many", "statements"), [(1, 4), (1000, 4), (5001, 8)])
def test_a_few_statements_for_many(engine: Engine, many: int, statements: int) -> None:
    """Four for every five thousand numbers, however long the way of each was."""
    numbers = written(engine, many)
    with counted(engine) as asked:
        assert len(StatusReader(engine, _NAMES).statuses(numbers)) == many

    selects = [statement for statement in asked if statement.startswith("SELECT")]
    assert len(selects) <= statements

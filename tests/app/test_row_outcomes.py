"""Outcomes of the rows of a replay, read from topics that contain records of an unknown shape."""

import threading
from contextlib import closing
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import SQLModel

from app.assembly.parts import Parts
from app.simulator.row_outcomes import SentRow, row_outcomes, settled_outcomes
from bus.port import Outgoing
from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import write_transaction
from messages import codec
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT, dead_letter_topic
from tests.conftest import NOW

_NUMBER = "2VA8-SD70-3330"
_COMPLAINT_ID = UUID(int=3)


def test_outcomes_wait_for_the_agency(parts: Parts) -> None:
    """The ledger reads a dispatch later than the complaint: the outcome has its agency, unless the wait has ended."""
    complaint: dict[str, object] = {
        **dict.fromkeys(("anonim", "rahasia"), False),
        "id": _COMPLAINT_ID,
        "message_id": UUID(int=2),
        "tracking": _NUMBER,
        "channel": "sms",
        "kind": "complaint",
        "relation": "new",
        "received_at": NOW,
    }
    dispatch: dict[str, object] = {
        **dict.fromkeys(("tracking", "rules_version"), ""),
        "case_id": _COMPLAINT_ID,
        "id": UUID(int=4),
        "complaint_id": _COMPLAINT_ID,
        "agency": "bumn-pln",
        "hop": 0,
        "relation": "new",
        "own_case": True,
        "at": NOW,
        "due_at": NOW,
    }

    def store(table: type[SQLModel], row: dict[str, object]) -> None:
        with write_transaction(parts.engine) as connection:
            connection.execute(insert(table), row)

    store(ComplaintFact, complaint)
    rows = [SentRow(1, "A-1", "sms", _NUMBER)]
    assert [outcome.agency for outcome in settled_outcomes(parts, rows, 0)] == [""]

    ledger = threading.Timer(0.3, store, (DispatchFact, dispatch))
    ledger.start()
    assert [outcome.agency for outcome in settled_outcomes(parts, rows, 60)] == ["bumn-pln"]
    ledger.join()


def test_unreadable_records_are_skipped(parts: Parts) -> None:
    """A record that no program can read hides no outcome: neither on oversight nor among the dead letters."""
    event = OversightEvent(
        id=UUID(int=1),
        message_id=UUID(int=2),
        at=NOW,
        event="not-a-complaint",
        subject=UUID(int=2),
        reason="empty",
        tracking=_NUMBER,
    )
    unreadable = [Outgoing(topic, b"key", b"{", ()) for topic in (OVERSIGHT, dead_letter_topic("normalize"))]
    with closing(parts.bus.producer()) as producer:
        producer.publish([*unreadable, Outgoing(OVERSIGHT, *codec.encode(event, "key", "/normalize"))])
    rows = [SentRow(1, "A-1", "sms", _NUMBER), SentRow(2, "A-2", "web", "", "429")]
    assert [(outcome.state, outcome.reason) for outcome in row_outcomes(parts, rows)] == [
        ("set_aside", "empty"),
        ("refused", "429"),
    ]

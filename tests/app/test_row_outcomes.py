"""Outcomes of the rows of a replay, read from topics that contain records of an unknown shape."""

from contextlib import closing
from uuid import UUID

from app.assembly.parts import Parts
from app.simulator.row_outcomes import SentRow, row_outcomes
from bus.port import Outgoing
from messages import codec
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT, dead_letter_topic
from tests.conftest import NOW

_NUMBER = "2VA8-SD70-3330"


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

"""Fixtures: the parts of the duplicate search, made from the shipped tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.evaluation.duplicates import ExplainedMessage, Readers
from config.reference.word_frequencies import WordFrequencies
from messages.shapes import Channel
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator, Verdict

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

ReadMessage = Callable[[ExplainedMessage], Comparable]
CompareMessages = Callable[[ExplainedMessage, ExplainedMessage], Verdict]


@pytest.fixture(scope="session")
def readers() -> Readers:
    """The parts of the duplicate search."""
    return Readers.load(b"k" * 32)


@pytest.fixture(scope="session")
def word_frequencies(readers: Readers) -> WordFrequencies:
    """The shipped word frequencies."""
    return readers.vocabulary


@pytest.fixture(scope="session")
def threshold(readers: Readers) -> float:
    """The score from which on two complaints are one matter."""
    return readers.likeness.threshold


@pytest.fixture(scope="session")
def comparator(readers: Readers) -> Comparator:
    """The comparator with the shipped weights."""
    return readers.comparator


@pytest.fixture(scope="session")
def read_message(readers: Readers) -> ReadMessage:
    """Returns the comparable form of a message."""
    return readers.read_message


@pytest.fixture(scope="session")
def compare(comparator: Comparator, read_message: ReadMessage) -> CompareMessages:
    """Returns the verdict on two messages."""
    return lambda first, second: comparator.compare(read_message(first), read_message(second))


def message(text: str, hours: float = 0, channel: Channel = "web", **fields: str) -> ExplainedMessage:
    """Return a message that came this many hours after `START`."""
    message_id = f"{abs(hash((text, hours, channel, *fields.values()))):x}"
    received_at = START + timedelta(hours=hours)
    return ExplainedMessage(id=message_id, text=text, channel=channel, received_at=received_at, **fields)

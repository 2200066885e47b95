"""Fixtures: the parts of the duplicate search, made from the shipped tables."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from app.explanation.reading import ExplainedMessage
from bench.evaluation.explained_messages import read_comparable
from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.word_frequencies import WordFrequencies
from messages.shapes import Channel
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.comparison.comparator import Comparator, Verdict
from normalize.duplicates.factory import DuplicateDetection
from tests.support.rules import language_of

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

ReadMessage = Callable[[ExplainedMessage], Comparable]
CompareMessages = Callable[[ExplainedMessage, ExplainedMessage], Verdict]


@pytest.fixture(scope="session")
def detection() -> DuplicateDetection:
    """The parts of the duplicate search."""
    return DuplicateDetection(language_of(), load_duplicate_weights(), b"k" * 32)


@pytest.fixture(scope="session")
def word_frequencies(detection: DuplicateDetection) -> WordFrequencies:
    """The shipped word frequencies."""
    return detection.language.word_frequencies


@pytest.fixture(scope="session")
def threshold(detection: DuplicateDetection) -> float:
    """The score from which on two complaints are one matter."""
    return detection.weights.other_words.certain


@pytest.fixture(scope="session")
def comparator(detection: DuplicateDetection) -> Comparator:
    """The comparator with the shipped weights."""
    return detection.comparator


@pytest.fixture(scope="session")
def read_message(detection: DuplicateDetection) -> ReadMessage:
    """Returns the comparable form of a message."""
    return partial(read_comparable, detection)


@pytest.fixture(scope="session")
def compare(comparator: Comparator, read_message: ReadMessage) -> CompareMessages:
    """Returns the verdict on two messages."""
    return lambda first, second: comparator.compare(read_message(first), read_message(second))


def message(text: str, hours: float = 0, channel: Channel = "web", **fields: str) -> ExplainedMessage:
    """Return a message that came this many hours after `START`."""
    message_id = f"{abs(hash((text, hours, channel, *fields.values()))):x}"
    received_at = START + timedelta(hours=hours)
    return ExplainedMessage(id=message_id, text=text, channel=channel, received_at=received_at, **fields)

"""The readers with the files that are shipped."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app.evaluation.duplicates import ExplainedMessage, Readers
from messages.shapes import Channel
from normalize.duplicates.comparison import Verdict

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)

Judge = Callable[[ExplainedMessage, ExplainedMessage], Verdict]


@pytest.fixture(scope="session")
def readers() -> Readers:
    """All that matters are read and compared with."""
    return Readers.load(b"k" * 32)


@pytest.fixture(scope="session")
def judge(readers: Readers) -> Judge:
    """Compares two messages."""
    return lambda a, b: readers.comparator.compare(readers.read_message(a), readers.read_message(b))


def said(text: str, hours: float = 0, channel: Channel = "web", **fields: str) -> ExplainedMessage:
    """A message that came so many hours after the first."""
    number = f"{abs(hash((text, hours, channel, *fields.values()))):x}"
    return ExplainedMessage(id=number, text=text, channel=channel, received_at=START + timedelta(hours=hours), **fields)

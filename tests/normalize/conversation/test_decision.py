"""Completions, objections and confirmations: invented examples, written before the decision."""

import csv
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from config.reference.duplicate_weights import load_duplicate_weights
from messages.shapes import Report
from normalize.conversation.decision import Attachment, SenderMessage, SenderReport, attach
from normalize.conversation.traits import TraitsReader
from normalize.duplicates.comparable import Comparable
from normalize.duplicates.factory import DuplicateDetection
from tests.conftest import NOW
from tests.support.deadlines import DEADLINES
from tests.support.rules import language_of

_FOLDER = Path(__file__).parent
_ID = UUID(int=1)
_MINUTE = timedelta(minutes=1)
_NUMBER = "0000-0000-0000"


@pytest.fixture(scope="module")
def reader() -> TraitsReader:
    """Return the reader of the shipped tables."""
    return TraitsReader.of(language_of())


@pytest.fixture(scope="module")
def detection() -> DuplicateDetection:
    """Return the duplicate search of the shipped tables."""
    return DuplicateDetection(language_of(), load_duplicate_weights())


def _rows(name: str) -> list[dict[str, str]]:
    with (_FOLDER / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _comparable(detection: DuplicateDetection, text: str) -> Comparable:
    return detection.reader.read_report(Report(text=text), "sender", "sms", NOW.timestamp())


def _completes(reader: TraitsReader, earlier: str, later: str) -> bool:
    first = reader.read(earlier)
    report = SenderReport(_ID, _ID, _NUMBER, NOW, lacks_place=not first.places, lacks_matter=first.is_place_only)
    attachment = attach(
        SenderMessage(NOW + 5 * _MINUTE, reader.read(later)), [report], lambda _: None, DEADLINES.may_object
    )
    return attachment is not None and (attachment.act, attachment.evidence) == ("adds", "completes")


def test_completions(reader: TraitsReader) -> None:
    """A place completes a report without one, and words complete a place. No report of its own is attached."""
    rows = _rows("completions.csv")
    wrong = [row for row in rows if _completes(reader, row["earlier"], row["later"]) != (row["belongs"] != "no")]
    assert [row for row in wrong if row["belongs"] == "no"] == []
    # "sungai penuh" is a city, and "jalan bikin" is taken for a street.
    assert len(wrong) <= 2


def _response(reader: TraitsReader, detection: DuplicateDetection, closed: str, later: str) -> Attachment | None:
    content = _comparable(detection, closed)
    report = SenderReport(_ID, _ID, _NUMBER, NOW - timedelta(days=4), closed_at=NOW - timedelta(days=1))
    return attach(SenderMessage(NOW, reader.read(later)), [report], lambda _: content, DEADLINES.may_object)


def test_responses(reader: TraitsReader, detection: DuplicateDetection) -> None:
    """Objections and confirmations about a closed case belong to it; what has another thing or place is a report."""
    wrong = []
    for row in _rows("objections.csv"):
        attachment = _response(reader, detection, row["closed"], row["later"])
        act = attachment.act if attachment else "none"
        if act != row["act"]:
            wrong.append((act, row))
    assert wrong == []

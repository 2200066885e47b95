"""Talk after a report, in invented messages that were written before the decision: `tests/data/talk.jsonl`."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from config.reference.duplicate_weights import load_duplicate_weights
from config.reference.folder import SHIPPED_FOLDER, ReferenceFolder
from messages.shapes import Report
from normalize.classification.classifier import Classifier
from normalize.classification.factory import load_classifier
from normalize.conversation.decision import SenderMessage, SenderReport, attach
from normalize.conversation.traits import TraitsReader
from normalize.duplicates.factory import DuplicateDetection
from tests.conftest import NOW
from tests.support.deadlines import DEADLINES
from tests.support.paths import DATA
from tests.support.rules import language_of

_ID = UUID(int=1)
_REPORT = "Lampu jalan mati di Jalan Melati Kecamatan Mlati Sleman sudah seminggu, gelap kalau malam"
# What becomes of a message: set aside for talk, added to the open report, or a report of its own.
_TALK = "talk"
_ADDED = "added"
_OWN = "own"
_EXPECTED: Mapping[str, frozenset[str]] = {
    "word": frozenset({_TALK}),
    "question": frozenset({_TALK, _ADDED}),
    "cancel": frozenset({_TALK}),
    "push": frozenset({_ADDED}),
    "report": frozenset({_OWN}),
}


class Reading:
    """Reads a message of a sender with one open report, an hour after it."""

    def __init__(self) -> None:
        self._classifier: Classifier = load_classifier(ReferenceFolder(SHIPPED_FOLDER), ("sms", "twitter"))
        self._reader = TraitsReader.of(language_of())
        detection = DuplicateDetection(language_of(), load_duplicate_weights())
        self._content = detection.reader.read_report(Report(text=_REPORT), "sender", "sms", NOW.timestamp())

    def result(self, text: str) -> str:
        """Return what becomes of a text."""
        if self._classifier.classify(text, "", "sms").reason:
            return _TALK
        message = SenderMessage(NOW + timedelta(hours=1), self._reader.read(text))
        reports = [SenderReport(_ID, _ID, "0000-0000-0000", NOW)]
        return _ADDED if attach(message, reports, lambda _: self._content, DEADLINES.may_object) else _OWN


@pytest.fixture(scope="module")
def reading() -> Reading:
    """Return the reading with the shipped tables."""
    return Reading()


def _messages(*kinds: str) -> Sequence[tuple[str, str]]:
    rows = map(json.loads, (DATA / "talk.jsonl").read_text(encoding="utf-8").splitlines())
    return [(row["says"], row["text"]) for row in rows if row["says"] in kinds]


def test_no_report_is_lost(reading: Reading) -> None:
    """A second matter is a report of its own, however short it is and whatever courtesy stands before it."""
    assert [text for _, text in _messages("report") if reading.result(text) != _OWN] == []


def test_talk_gets_no_case(reading: Reading) -> None:
    """Words without content, questions and wishes to cancel get no case. One with an unknown word may be a report."""
    messages = _messages("word", "question", "cancel")
    assert len(messages) >= 50
    cases = [text for says, text in messages if reading.result(text) not in _EXPECTED[says]]
    assert len(cases) <= 1, cases


def test_pushes_are_added(reading: Reading) -> None:
    """A push is added to the open report. When in doubt it is a report of its own, and never set aside."""
    messages = [text for _, text in _messages("push")]
    results = {text: reading.result(text) for text in messages}
    assert _TALK not in results.values(), results
    assert sum(result == _ADDED for result in results.values()) >= 12, results

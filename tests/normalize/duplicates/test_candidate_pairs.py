"""The labelled candidate pairs are well formed, disjoint, and mixed as in a complaint service."""

from collections import Counter
from collections.abc import Iterable

import pytest

from app.explanation.reading import ExplainedMessage
from bench.evaluation.labelled_messages import LabelledPair
from tests.support.paths import DATA

PAIRS = DATA / "pairs"
NAMES = ("candidates-train", "candidates-test")
SOURCES = {"national", "city-app", "regency", "social"}
# Least and greatest share of each label among all pairs; the shares of one source may differ by the tolerance.
LABEL_SHARES = {"repeat": (0.50, 0.60), "joins": (0.12, 0.20), "different": (0.24, 0.34)}
SOURCE_TOLERANCE = 0.06


@pytest.fixture(params=NAMES)
def pairs(request: pytest.FixtureRequest) -> list[LabelledPair]:
    """The pairs of one file."""
    return load_pairs(str(request.param))


def load_pairs(name: str) -> list[LabelledPair]:
    """Return the pairs of a file."""
    return LabelledPair.load_file(PAIRS / f"{name}.jsonl")


def messages_of(pairs: Iterable[LabelledPair]) -> list[ExplainedMessage]:
    """Return both messages of each pair."""
    return [message for pair in pairs for message in (pair.a, pair.b)]


def label_shares(pairs: list[LabelledPair]) -> dict[str, float]:
    """Return the share of each label."""
    counts = Counter(str(pair.label) for pair in pairs)
    return {label: counts[label] / len(pairs) for label in LABEL_SHARES}


def test_an_id_is_one_message(pairs: list[LabelledPair]) -> None:
    """An id in several pairs is always the same message, and no pair stands twice."""
    messages: dict[str, ExplainedMessage] = {}
    assert all(messages.setdefault(message.id, message) == message for message in messages_of(pairs))
    id_pairs = [frozenset((pair.a.id, pair.b.id)) for pair in pairs]
    assert len(id_pairs) == len(set(id_pairs))
    assert all(len(ids) == 2 for ids in id_pairs)


def test_messages_are_in_the_order_of_arrival(pairs: list[LabelledPair]) -> None:
    """The second message of a pair is not older than the first; pairs of one matter came within three weeks."""
    for pair in pairs:
        if pair.a.received_at and pair.b.received_at:
            days = (pair.b.received_at - pair.a.received_at).total_seconds() / 86400
            assert days >= 0
            assert days <= 22 or pair.label == "different"


def test_senders_agree_with_labels(pairs: list[LabelledPair]) -> None:
    """A repeat has one sender and a join has two; pairs of one sender may be different matters too."""
    pairs_with_senders = [pair for pair in pairs if pair.a.sender and pair.b.sender]
    combinations = {(str(pair.label), pair.a.sender == pair.b.sender) for pair in pairs_with_senders}
    assert combinations == {("repeat", True), ("joins", False), ("different", True), ("different", False)}


def test_label_shares(pairs: list[LabelledPair]) -> None:
    """Seven of ten pairs are one matter, as among the candidates of the search, in each source too."""
    for label, share in label_shares(pairs).items():
        assert LABEL_SHARES[label][0] <= share <= LABEL_SHARES[label][1]
    assert {pair.source for pair in pairs} == SOURCES
    for source in SOURCES:
        pairs_of_source = [pair for pair in pairs if pair.source == source]
        assert 0.18 <= len(pairs_of_source) / len(pairs) <= 0.32
        for label, share in label_shares(pairs_of_source).items():
            low, high = LABEL_SHARES[label]
            assert low - SOURCE_TOLERANCE <= share <= high + SOURCE_TOLERANCE


def test_missing_fields_and_equal_texts(pairs: list[LabelledPair]) -> None:
    """Two thirds have no sender, most have a time, and a few equal texts are different matters."""
    assert sum(not (pair.a.sender or pair.b.sender) for pair in pairs) >= len(pairs) * 2 / 3
    assert sum(bool(pair.a.received_at and pair.b.received_at) for pair in pairs) >= len(pairs) * 0.8
    equal_texts = [pair for pair in pairs if pair.a.text == pair.b.text]
    assert len(equal_texts) >= len(pairs) * 0.15
    assert 0.02 <= sum(pair.label == "different" for pair in equal_texts) / len(equal_texts) <= 0.12


def test_files_are_disjoint() -> None:
    """The files have no group, message, text or region in common, and no group or message with the older files."""
    train, test = (load_pairs(name) for name in NAMES)
    for first_file, second_file in (
        (train, test),
        (train, load_pairs("train")),
        (test, load_pairs("test")),
        (test, load_pairs("train")),
    ):
        assert not {pair.group for pair in first_file} & {pair.group for pair in second_file}
        assert not {message.id for message in messages_of(first_file)} & {
            message.id for message in messages_of(second_file)
        }
    assert not {message.text for message in messages_of(train)} & {message.text for message in messages_of(test)}
    train_locations, test_locations = (
        {message.location for message in messages_of(pairs) if message.location} for pairs in (train, test)
    )
    assert not train_locations & test_locations
    assert min(len(train_locations), len(test_locations)) >= 25

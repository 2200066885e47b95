"""The candidate pairs are well formed, apart, and mixed as a complaint service's own would be."""

from collections import Counter
from collections.abc import Iterable

import pytest

from app.evaluation.duplicates import ExplainedMessage, LabelledPair
from tests.support.paths import DATA

PAIRS = DATA / "pairs"
NAMES = ("candidates-train", "candidates-test")
SOURCES = {"national", "city-app", "regency", "social"}
# Shares, least and most: of all pairs, and (wider) of one source.
MIX = {"repeat": (0.50, 0.60), "joins": (0.12, 0.20), "different": (0.24, 0.34)}
SLACK = 0.06


@pytest.fixture(params=NAMES)
def pairs(request: pytest.FixtureRequest) -> list[LabelledPair]:
    """The pairs of one file."""
    return read(str(request.param))


def read(name: str) -> list[LabelledPair]:
    """The pairs of the file."""
    return LabelledPair.load_file(PAIRS / f"{name}.jsonl")


def messages(pairs: Iterable[LabelledPair]) -> list[ExplainedMessage]:
    """Both messages of each pair."""
    return [one for pair in pairs for one in (pair.a, pair.b)]


def shares(pairs: list[LabelledPair]) -> dict[str, float]:
    """Each label's share."""
    found = Counter(str(pair.label) for pair in pairs)
    return {label: found[label] / len(pairs) for label in MIX}


def test_an_id_is_one_message(pairs: list[LabelledPair]) -> None:
    """An id that stands in several pairs always means the same message, and no pair stands twice."""
    said: dict[str, ExplainedMessage] = {}
    assert all(said.setdefault(one.id, one) == one for one in messages(pairs))
    both = [frozenset((pair.a.id, pair.b.id)) for pair in pairs]
    assert len(both) == len(set(both))
    assert all(len(ids) == 2 for ids in both)


def test_the_first_came_first(pairs: list[LabelledPair]) -> None:
    """In a pair, the second message is not older than the first; only what came in three weeks is the same matter."""
    for pair in pairs:
        if pair.a.received_at and pair.b.received_at:
            days = (pair.b.received_at - pair.a.received_at).total_seconds() / 86400
            assert days >= 0
            assert days <= 22 or pair.label == "different"


def test_senders_do_not_tell(pairs: list[LabelledPair]) -> None:
    """Whoever repeats is the same sender and whoever joins another; one sender has different matters too."""
    known = [pair for pair in pairs if pair.a.sender and pair.b.sender]
    found = {(str(pair.label), pair.a.sender == pair.b.sender) for pair in known}
    assert found == {("repeat", True), ("joins", False), ("different", True), ("different", False)}


def test_the_mix(pairs: list[LabelledPair]) -> None:
    """As a blocking step proposes: seven in ten are the same matter, in each source too."""
    for label, share in shares(pairs).items():
        assert MIX[label][0] <= share <= MIX[label][1]
    assert {pair.source for pair in pairs} == SOURCES
    for source in SOURCES:
        some = [pair for pair in pairs if pair.source == source]
        assert 0.18 <= len(some) / len(pairs) <= 0.32
        for label, share in shares(some).items():
            assert MIX[label][0] - SLACK <= share <= MIX[label][1] + SLACK


def test_exports_say_little(pairs: list[LabelledPair]) -> None:
    """Two thirds say no sender, most say a time, and a few identical texts are different matters."""
    assert sum(not (pair.a.sender or pair.b.sender) for pair in pairs) >= len(pairs) * 2 / 3
    assert sum(bool(pair.a.received_at and pair.b.received_at) for pair in pairs) >= len(pairs) * 0.8
    identical = [pair for pair in pairs if pair.a.text == pair.b.text]
    assert len(identical) >= len(pairs) * 0.15
    assert 0.02 <= sum(pair.label == "different" for pair in identical) / len(identical) <= 0.12


def test_nothing_is_shared() -> None:
    """No group, message, text or region of one file is in the other, nor a group or message in the older files."""
    train, test = (read(name) for name in NAMES)
    for one, other in ((train, test), (train, read("train")), (test, read("test")), (test, read("train"))):
        assert not {pair.group for pair in one} & {pair.group for pair in other}
        assert not {said.id for said in messages(one)} & {said.id for said in messages(other)}
    assert not {said.text for said in messages(train)} & {said.text for said in messages(test)}
    places = [{said.location for said in messages(some) if said.location} for some in (train, test)]
    assert not places[0] & places[1]
    assert all(len(some) >= 25 for some in places)

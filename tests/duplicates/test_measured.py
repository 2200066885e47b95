"""How often it is right, on pairs that nothing was learned from."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.explaining import PairFile, Readers, Said, duplicates, measure

PAIRS = Path(__file__).parent.parent / "data" / "pairs"


@pytest.fixture(scope="module")
def figures(readers: Readers) -> dict[str, dict[str, float]]:
    """The measure of the held-out pairs."""
    found: dict[str, dict[str, float]] = measure(readers, PairFile.read(PAIRS / "test.jsonl"))
    return found


def test_precision_comes_first(figures: dict[str, dict[str, float]]) -> None:
    """On pairs written to mislead, in groups that nothing was learned from, few are merged wrongly."""
    assert figures["precision"]["value"] >= 0.8
    assert figures["recall"]["value"] >= 0.3


def test_the_groups_are_apart() -> None:
    """No group and no message of the held-out pairs is among those learned from."""
    learned, held = (PairFile.read(PAIRS / f"{name}.jsonl") for name in ("train", "test"))
    assert not {pair.group for pair in learned} & {pair.group for pair in held}
    assert not {one.id for pair in learned for one in (pair.a, pair.b)} & {pair.a.id for pair in held}
    assert len(learned) + len(held) >= 600


def test_no_two_named_places_are_merged(readers: Readers) -> None:
    """Where two texts name two streets, neighbourhoods, villages or regions, they are never one matter."""
    for pair in PairFile.read(PAIRS / "test.jsonl"):
        verdict = readers.comparer.compare(readers.matter(pair.a), readers.matter(pair.b))
        assert not (verdict.never and verdict.score)


def lines() -> list[Said]:
    """The held-out messages, each once, in the order of arrival."""
    pairs = PairFile.read(PAIRS / "test.jsonl")
    messages = {one.id: one for pair in pairs for one in (pair.a, pair.b)}
    return sorted(messages.values(), key=lambda one: (str(one.received_at), one.id))


def test_batches_make_no_difference(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision does not depend on where a batch ends."""
    some = lines()[:300]
    whole = list(duplicates(readers, some))
    monkeypatch.setattr("app.explaining._BATCH", 7)
    assert list(duplicates(readers, some)) == whole
    assert {found["decision"] for found in whole} == {"new", "repeat", "joins"}


def test_the_command_explains() -> None:
    """JSON lines in, one decision a line out; what it belongs to was said before."""
    first = {"id": "1", "channel": "sms", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
    again = {**first, "id": "2", "text": "LAPOR jembatan kali wungu retak, bahaya bagi truk!!"}
    result = CliRunner().invoke(app, ["explain", "duplicates"], input=f"{json.dumps(first)}\n{json.dumps(again)}\n")
    one, two = (json.loads(line) for line in result.stdout.splitlines())
    assert (one["decision"], one["of"]) == ("new", None)
    assert (two["decision"], two["of"]) == ("repeat", "1")
    assert two["score"] > 0.5
    assert two["evidence"]


def test_a_bad_line_is_named() -> None:
    """The number of the line and the field, and nothing of what stood there."""
    result = CliRunner().invoke(app, ["explain", "duplicates"], input='{"id": "1", "channel": "merpati"}\n')
    assert result.exit_code == 2
    assert "line 1: channel" in result.stderr
    assert "merpati" not in result.stderr


def test_the_command_reads() -> None:
    """Everything that is found in one message, with its place."""
    text = "Jl. Kenanga RT 03 rusak sdh 3 hr"
    result = CliRunner().invoke(app, ["explain", "read", "--text", text])
    found = json.loads(result.stdout)
    kinds = {one["kind"]: text[one["start"] : one["end"]] for one in found["found"]}
    assert kinds["rt"] == "RT 03"
    assert {"street", "measure"} <= kinds.keys()
    assert [word["normal"] for word in found["words"]][-3:] == ["sudah", "3", "hari"]


def test_the_command_measures() -> None:
    """Figures with their intervals; a file that is none is named."""
    result = CliRunner().invoke(app, ["eval", "duplicates", "--pairs", str(PAIRS / "test.jsonl")])
    figures = json.loads(result.stdout)
    assert figures["precision"]["low"] < figures["precision"]["value"] < figures["precision"]["high"]
    assert CliRunner().invoke(app, ["eval", "duplicates", "--pairs", "none.jsonl"]).exit_code == 2

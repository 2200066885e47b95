"""How often it is right, on pairs that nothing was learned from."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.evaluation.duplicate_metrics import measure_duplicates, summarize_judgements
from app.evaluation.duplicates import ExplainedMessage, LabelledPair, Readers, explain_messages
from normalize.duplicates.entity_comparison import compare_entities, conflicting_place
from tests.support.paths import DATA

PAIRS = DATA / "pairs"


LEARNED = ("train", "candidates-train", "others-train", "neighbours-train", "fresh-train", "later-train", "last-train")
LIKELY = ("candidates-test", "closing-test")
NAMES = ("test", *LIKELY)


@pytest.fixture(scope="module")
def measured(readers: Readers) -> dict[str, dict[str, Any]]:
    """The measure of the held-out pairs: written to mislead, and by two authors as they come to be compared."""
    likely = [pair for name in LIKELY for pair in LabelledPair.load_file(PAIRS / f"{name}.jsonl")]
    return {
        "test": measure_duplicates(readers, LabelledPair.load_file(PAIRS / "test.jsonl")),
        "likely": measure_duplicates(readers, likely),
    }


def test_precision_comes_first(measured: dict[str, dict[str, Any]]) -> None:
    """In groups that nothing was learned from few are merged wrongly, and most are found."""
    likely = measured["likely"]
    assert likely["precision"]["value"] >= 0.97
    assert likely["recall"]["value"] >= 0.85
    assert likely["recall_by_label"]["repeat"]["value"] >= 0.95
    assert likely["recall_by_label"]["joins"]["value"] >= 0.65
    assert measured["test"]["precision"]["value"] >= 0.86
    assert measured["test"]["recall"]["value"] >= 0.64


def test_no_source_is_left_behind(measured: dict[str, dict[str, Any]]) -> None:
    """Long letters, few words with an address, SMS and posts are judged about equally well."""
    sources = measured["likely"]["by_source"].values()
    assert min(source["precision"]["value"] for source in sources) >= 0.95
    assert min(source["recall"]["value"] for source in sources) >= 0.75


@pytest.mark.parametrize("held", NAMES)
@pytest.mark.parametrize("learned", LEARNED)
def test_the_groups_are_apart(learned: str, held: str) -> None:
    """No group and no message of the held-out pairs is among those learned from."""
    ours, theirs = (LabelledPair.load_file(PAIRS / f"{name}.jsonl") for name in (learned, held))
    assert not {pair.group for pair in ours} & {pair.group for pair in theirs}
    assert not {one.id for pair in ours for one in (pair.a, pair.b)} & {pair.a.id for pair in theirs}
    assert len(ours) + len(theirs) >= 600


@pytest.mark.parametrize("name", NAMES)
def test_no_two_named_places_are_merged(readers: Readers, name: str) -> None:
    """Where two texts name two streets, neighbourhoods, villages or regions, they are never one matter."""
    for pair in LabelledPair.load_file(PAIRS / f"{name}.jsonl"):
        a, b = readers.read_message(pair.a), readers.read_message(pair.b)
        verdict = readers.comparator.compare(a, b)
        assert not (conflicting_place(compare_entities(a, b)) and verdict.score)
        assert not (verdict.never and verdict.score)


def pairs(*told: tuple[str, str, str, bool]) -> list[tuple[LabelledPair, bool]]:
    """Pairs of a group, a source and a label, with what they were taken for."""
    one = ExplainedMessage(id="1", text="a")
    return [
        (LabelledPair.model_validate({"group": group, "source": source, "label": label, "a": one, "b": one}), same)
        for group, source, label, same in told
    ]


def test_what_is_counted() -> None:
    """Precision and recall over pairs, recall of each label, and the same for each source."""
    found = summarize_judgements(
        pairs(
            ("1", "sms", "repeat", True),
            ("1", "sms", "joins", False),
            ("2", "web", "different", True),
            ("2", "web", "joins", True),
        )
    )
    assert (found["precision"]["value"], found["recall"]["value"]) == (0.667, 0.667)
    assert {label: share["value"] for label, share in found["recall_by_label"].items()} == {"repeat": 1, "joins": 0.5}
    assert found["groups"]["all"] == 2
    assert found["by_source"]["web"]["precision"]["value"] == 0.5


def test_a_group_counts_as_what_it_is_worth() -> None:
    """Twenty pairs that are right or wrong together tell less than twenty that are not."""
    alone = summarize_judgements(pairs(*((str(number), "", "joins", number % 2 == 0) for number in range(20))))[
        "recall"
    ]
    together = summarize_judgements(pairs(*((str(number % 4), "", "joins", number % 2 == 0) for number in range(20))))[
        "recall"
    ]
    assert alone["value"] == together["value"] == 0.5
    assert together["high"] - together["low"] > alone["high"] - alone["low"] > 0.3


def lines() -> list[ExplainedMessage]:
    """The held-out messages, each once, in the order of arrival."""
    pairs = LabelledPair.load_file(PAIRS / "test.jsonl")
    messages = {one.id: one for pair in pairs for one in (pair.a, pair.b)}
    return sorted(messages.values(), key=lambda one: (str(one.received_at), one.id))


def test_batches_make_no_difference(readers: Readers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision does not depend on where a batch ends."""
    some = lines()[:300]
    whole = list(explain_messages(readers, some))
    monkeypatch.setattr("app.evaluation.duplicates._BATCH", 7)
    assert list(explain_messages(readers, some)) == whole
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
    for command in ("duplicates", "read"):
        assert CliRunner().invoke(app, ["explain", command], input=b'{"text": "\xff"}\n').exit_code == 2


def test_the_command_reads() -> None:
    """Everything that is found in one message, with its place."""
    text = "Jl. Kenanga RT 03 rusak sdh 3 hr"
    result = CliRunner().invoke(app, ["explain", "read", "--text", text])
    found = json.loads(result.stdout)
    kinds = {one["kind"]: text[one["start"] : one["end"]] for one in found["found"]}
    assert kinds["rt"] == "RT 03"
    assert {"street", "measure"} <= kinds.keys()
    assert [word["normal"] for word in found["words"]][-3:] == ["sudah", "3", "hari"]


def test_the_command_measures(tmp_path: Path) -> None:
    """Figures with their intervals; a file that is none, or holds none, is named."""
    result = CliRunner().invoke(app, ["eval", "duplicates", "--pairs", str(PAIRS / "test.jsonl")])
    figures = json.loads(result.stdout)
    assert figures["precision"]["low"] < figures["precision"]["value"] < figures["precision"]["high"]
    for name, content in (("empty", b"\n"), ("other", b"\xff")):
        (tmp_path / name).write_bytes(content)
    for name in ("none", "empty", "other"):
        wrong = CliRunner().invoke(app, ["eval", "duplicates", "--pairs", str(tmp_path / name)])
        assert (wrong.exit_code, name in wrong.stderr.replace("\n", "")) == (2, True)


def test_the_command_says_what_a_message_is() -> None:
    """A fraud is set aside, by which words is said; a question by SMS is one; on a form the sender chose."""
    fraud = "Selamat! Nomor anda menang hadiah 50 juta, hub 080000000001 atau klik http://x.y"
    said = [(fraud, "sms"), ("Apa syarat mengurus KTP hilang?", "sms"), ("Apa syarat mengurus KTP hilang?", "web")]
    lines = "\n".join(json.dumps({"id": "1", "text": text, "channel": channel}) for text, channel in said)
    found = [json.loads(line) for line in CliRunner().invoke(app, ["explain", "read"], input=lines).stdout.splitlines()]
    assert [(one["kind"], one["set_aside"]) for one in found] == [
        (None, "fraud"),
        ("permintaan-informasi", None),
        (None, None),
    ]
    assert "hadiah" in found[0]["because"]

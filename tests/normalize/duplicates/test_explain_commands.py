"""The commands `explain duplicates` and `explain read`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.common.json_lines import MAX_LINE_BYTES
from tests.support.paths import DATA

pytestmark = pytest.mark.slow

PAIRS = DATA / "pairs"


def test_each_line_is_explained_at_once() -> None:
    """A slow pipe gets each decision before it sends the next message."""
    command = [sys.executable, "-m", "app.cli", "explain", "duplicates"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        decisions = []
        for number in range(2):
            line = {"id": f"{number}", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
            process.stdin.write(f"{json.dumps(line)}\n")
            process.stdin.flush()
            decisions.append(json.loads(process.stdout.readline())["decision"])
        process.stdin.close()
    assert decisions == ["new", "repeat"]


def test_explain_duplicates() -> None:
    """Each JSON line gives one line with the decision; `of` names an earlier line."""
    first = {"id": "1", "channel": "sms", "sender": "a", "text": "Jembatan Kali Wungu retak, bahaya bagi truk"}
    repeat = {**first, "id": "2", "text": "LAPOR jembatan kali wungu retak, bahaya bagi truk!!"}
    lines = f"{json.dumps(first)}\n{json.dumps(repeat)}\n"
    result = CliRunner().invoke(app, ["explain", "duplicates"], input=lines)
    new_decision, repeat_decision = (json.loads(line) for line in result.stdout.splitlines())
    assert (new_decision["decision"], new_decision["of"]) == ("new", None)
    assert (repeat_decision["decision"], repeat_decision["of"]) == ("repeat", "1")
    assert repeat_decision["score"] > 0.5
    assert repeat_decision["evidence"]


def test_explain_suggests_what_is_likely() -> None:
    """One street and one trouble is `likely`: `of` names the earlier line, and nothing joins it."""
    first = {"id": "1", "text": "Pohon besar di Jl. Manggis Raya sudah miring ke jalan, mohon dipangkas"}
    second = {
        "id": "2",
        "text": "Di Jalan Manggis Raya ada pohon rimbun hampir tumbang dekat rumah saya, tolong dipotong",
    }
    result = CliRunner().invoke(app, ["explain", "duplicates"], input=f"{json.dumps(first)}\n{json.dumps(second)}\n")
    _, suggested = (json.loads(line) for line in result.stdout.splitlines())
    assert (suggested["decision"], suggested["of"]) == ("likely", "1")
    assert "same-names" in suggested["evidence"]


def test_invalid_line_is_named() -> None:
    """The error names the line and the field, and not the value."""
    result = CliRunner().invoke(app, ["explain", "duplicates"], input='{"id": "1", "channel": "merpati"}\n')
    assert result.exit_code == 2
    assert "line 1: channel" in result.stderr
    assert "merpati" not in result.stderr
    for command in ("duplicates", "read"):
        assert CliRunner().invoke(app, ["explain", command], input=b'{"text": "\xff"}\n').exit_code == 2


def test_explain_read() -> None:
    """All entities in one message, with their positions, and the words in normal form."""
    text = "Jl. Kenanga RT 03 rusak sdh 3 hr"
    result = CliRunner().invoke(app, ["explain", "read", "--text", text])
    explanation = json.loads(result.stdout)
    kinds = {entity["kind"]: text[entity["start"] : entity["end"]] for entity in explanation["found"]}
    assert kinds["rt"] == "RT 03"
    assert {"street", "measure"} <= kinds.keys()
    assert [word["normal"] for word in explanation["words"]][-3:] == ["sudah", "3", "hari"]


def test_explain_read_classifies() -> None:
    """A fraud is set aside with its words; a question by SMS gets its kind; on a form the sender chooses the kind."""
    fraud = "Selamat! Nomor anda menang hadiah 50 juta, hub 080000000001 atau klik http://x.y"
    messages = [
        (fraud, "sms"),
        ("Apa syarat mengurus KTP hilang?", "sms"),
        ("Apa syarat mengurus KTP hilang?", "web"),
    ]
    lines = "\n".join(json.dumps({"id": "1", "text": text, "channel": channel}) for text, channel in messages)
    result = CliRunner().invoke(app, ["explain", "read"], input=lines)
    explanations = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(explanation["kind"], explanation["set_aside"]) for explanation in explanations] == [
        (None, "fraud"),
        ("permintaan-informasi", None),
        (None, None),
    ]
    assert "hadiah" in explanations[0]["because"]


def test_explain_read_goes_on_after_faulty_lines(tmp_path: Path) -> None:
    """Thousands of lines, from a file, are read as the channel reads them. Each faulty line is named by its number."""
    texts = {
        "sms": ("LAPOR got mampet RT 4", None),
        "twitter": ("@Lapor1708 @pemkot", "publicity"),
        "web": ("", "empty"),
    }
    messages = [(f"{number}", *pair) for number in range(1_000) for pair in texts.items()]
    lines = [json.dumps({"id": id_, "channel": channel, "text": text}) for id_, channel, (text, _) in messages]
    lines[0:0] = ["{", "", json.dumps({"id": "x", "text": "a" * MAX_LINE_BYTES})]
    (tmp_path / "lines.jsonl").write_text("\n".join([*lines, '{"id": 1}']))
    result = CliRunner().invoke(app, ["explain", "read", str(tmp_path / "lines.jsonl")])
    readings = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(reading["id"], reading["set_aside"]) for reading in readings] == [
        (id_, reason) for id_, _, (_, reason) in messages
    ]
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["line 1", "line 3", f"line {len(lines) + 1}"]
    assert "aaa" not in result.stderr
    assert result.exit_code == 2

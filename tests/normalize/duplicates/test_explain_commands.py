"""The command `explain read`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.common.json_lines import MAX_LINE_BYTES

pytestmark = pytest.mark.slow


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

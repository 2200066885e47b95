"""Output of the commands: ids are never cut, and control characters never reach a terminal."""

import json

import pytest
from rich.live import Live
from rich.text import Text

from app.commands.common.terminal import ERR, OUT, print_json, print_line, print_note, print_table, stop

ID = "3f2a1234-1234-5678-9abc-123456789012"
COLUMNS = ("id", "at", "stage", "reason", "field", "topic")
ROW = (ID, "2026-11-24T08:04:05.678Z", "normalize", "not_the_shape", "report.text", "raw-web")
EVIL = "jalan \x1b[2J\x9b31m\u202e\x07 rusak [bold]"


@pytest.mark.parametrize("width", [20, 40, 80, 100, 120, 200])
def test_a_list_cuts_no_id(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """An id stands in one line in a terminal of any width, and every other cell is complete."""
    monkeypatch.setattr(OUT, "width", width)
    print_table(COLUMNS, [ROW, ROW], uncut=("id", "at"))
    output = capsys.readouterr().out
    assert (output.count(ID), output.count(ROW[1])) == (2, 2)
    assert "…" not in output


def test_words_are_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A code in a column that wraps stands in one line. Spare columns are left out before that, and named."""
    codes = ("addressee-overruled", "penerangan-jalan-umum", "report.text")
    monkeypatch.setattr(OUT, "width", 80)
    print_table(("rule", "topic", "field", "note"), [(*codes, "a long explanation that wraps")] * 2)
    print_table(("id", "rule", "note", "spare"), [(ID, codes[0], "wraps here", codes[1])], ("id",), ("spare",))
    output = capsys.readouterr()
    lines = output.out.splitlines()
    assert all(any(code in line for line in lines) for code in (*codes, ID))
    assert max(map(len, lines)) <= 80
    assert ("explanation that wraps" in output.out, codes[1] in lines[-2]) == (False, False)
    assert "more columns: spare" in output.err


def test_a_wide_list_is_a_block_of_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A row without room is printed as lines; a cell of several lines is one line."""
    monkeypatch.setattr(OUT, "width", 30)
    print_table(("number", "candidates"), [("2VA8-SD70-3330-2VA8-SD70", "a: ya\nb: tidak")], uncut=("number",))
    assert capsys.readouterr().out == "number: 2VA8-SD70-3330-2VA8-SD70\ncandidates: a: ya; b: tidak\n\n"


def test_no_control_character_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Control characters of a text are not printed, whatever prints it: lines, tables, notes, errors, a live screen."""
    OUT.print(EVIL, markup=False)
    OUT.print(Text(EVIL), Text(EVIL), sep="\n")
    print_line(EVIL)
    print_table(("why", EVIL), [(EVIL, ID)])
    print_note(EVIL)
    print_json({"text": EVIL})
    with Live(Text(EVIL), console=OUT, auto_refresh=False) as live:
        live.refresh()
    with pytest.raises(SystemExit):
        stop(EVIL, 1)
    output = capsys.readouterr()
    for stream in (output.out, output.err):
        assert "rusak [bold]" in stream
        assert stream.replace("\n", "").isprintable()
    assert ERR.stderr


def test_json_is_complete(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads from the JSON what the text was."""
    print_json({"text": EVIL})
    assert json.loads(capsys.readouterr().out) == {"text": EVIL}

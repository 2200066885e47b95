"""`satupintu lag` and `top`: the facts of the console, for people and for programs."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from app.assembly.parts import Parts
from app.cli import app
from app.commands.monitoring_screen import screen
from bus.port import Membership, Outgoing
from monitor.snapshot import ProcessState, Snapshot
from tests.conftest import NOW
from tests.support import program, records
from tests.support.log_capture import captured_log

Run = Callable[..., Any]
GROUPS = ("normalize", "router", "cases", "replies", "forget")


@pytest.fixture
def run(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a runner of commands with the settings of these parts."""
    program.set_environment(monkeypatch, parts.settings)
    monkeypatch.setenv("COLUMNS", "160")
    with captured_log():
        yield lambda *arguments: CliRunner().invoke(app, arguments)


def arrive(parts: Parts) -> None:
    """Publish a report."""
    producer = parts.bus.producer()
    producer.publish([records.web(parts, "Lampu padam", phone="+628000000001")])
    producer.close()


def test_what_stands_still_is_said(parts: Parts, run: Run) -> None:
    """A stage without workers is an alert, a row of the table, and an exit code."""
    arrive(parts)
    result = run("lag")
    assert result.exit_code == 1
    assert "No process runs normalize. 1 message has waited" in result.stdout
    assert "raw-web" in result.stdout
    snapshot = json.loads(run("lag", "--json").stdout)
    waiting = {state["stage"]: state["topics"] for state in snapshot["stages"]}
    assert waiting["normalize"]["raw-web"]["many"] == 1
    assert waiting["router"] == {}


def test_what_stands_in_a_letter_is_no_order(parts: Parts, run: Run) -> None:
    """Control characters and markup in a dead letter's headers are shown as text."""
    producer = parts.bus.producer()
    odd = (("dead_stage", b"[/odd]"), ("dead_reason", b"[/strange]\x1b[2J"))
    producer.publish([Outgoing("dead-router", b"", b"?", odd)])
    producer.close()
    shown = run("top", "--once").stdout
    assert ("[/odd]" in shown, shown.count("[/strange]"), "\x1b" in shown) == (True, 2, False)


def test_who_works_is_said(parts: Parts, run: Run) -> None:
    """Each stage shows its workers; a process that does not answer is an alert."""
    members = [parts.bus.consumer(Membership(group, "host-a", ("complaints",))) for group in GROUPS]
    result = run("lag")
    for member in members:
        member.close()
    assert "No process runs" not in result.stdout
    assert "does not answer" in result.stdout
    assert result.stdout.count("host-a") == len(GROUPS)


def test_everything_on_one_screen(parts: Parts, run: Run) -> None:
    """Alerts, channels, stages, pending reviews and queues are on one screen and in the JSON."""
    arrive(parts)
    shown = run("top", "--once").stdout
    assert "NOW    No process runs normalize" in shown.replace("\n", " ")
    for head in ("last minute", "workers", "pending review", "overdue"):
        assert head in shown
    snapshot = json.loads(run("top", "--once", "--json").stdout)
    assert {"channels", "stages", "dead_letters", "quarantine", "queues", "processes", "concerns"} <= snapshot.keys()
    assert snapshot["channels"][0] | {"newest": None} == {
        "channel": "web",
        "minute": 1,
        "hour": 1,
        "usual": pytest.approx(1 / 24),
        "newest": None,
        "total": 1,
    }


def test_brackets_are_no_markup(parts: Parts, run: Run) -> None:
    """Brackets in names of members and in headers are no markup."""
    member = parts.bus.consumer(Membership("router", "host[a]", ("complaints",)))
    producer = parts.bus.producer()
    producer.publish([Outgoing("dead-router", b"", b"", (("dead_stage", b"router"), ("dead_reason", b"[/b]")))])
    producer.close()
    result = run("top", "--once")
    member.close()
    assert (result.exit_code, "host[a]" in result.stdout, "[/b]" in result.stdout) == (0, True, True)


def test_nobody_is_named(parts: Parts, run: Run) -> None:
    """No text or number of a citizen is on the screen."""
    arrive(parts)
    for arguments in (("lag",), ("lag", "--json"), ("top", "--once"), ("top", "--once", "--json")):
        output = run(*arguments).stdout
        assert "Lampu" not in output
        assert "8000000001" not in output


def test_who_was_turned_away_is_counted() -> None:
    """Refusals are counted by door and reason over all processes."""
    processes = [
        ProcessState(address=address, instance=address, refused={"sms": {"bad_signature": count}})
        for address, count in (("a", 3), ("b", 4))
    ]
    output = io.StringIO()
    Console(width=120, file=output).print(*screen(Snapshot(at=NOW, processes=tuple(processes)), ()))
    (row,) = [line for line in output.getvalue().splitlines() if "sms" in line]
    assert [cell.strip() for cell in row.split("│")[1:5]] == ["refused", "sms", "bad_signature", "7"]

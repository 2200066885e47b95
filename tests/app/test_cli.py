"""The command line: what works is short, what fails says what to do, and scripts can rely on exit codes."""

import csv
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from app.simulator.replay import ReplayError, load_reports
from tests.support import program
from tests.support.ports import free_port
from tests.support.service import REGISTRY, Whole

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Runs the command in a folder of its own, with the settings given."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return program.run(arguments, environment(tmp_path, **settings), tmp_path)

    return run


def environment(home: Path, **settings: str) -> dict[str, str]:
    """What a shell would have set, with these settings."""
    mine = {f"SATUPINTU_{name.upper()}": value for name, value in {"home": str(home), **settings}.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}
    return {**clean, **mine, "COLUMNS": "200"}


def test_a_first_check_passes(tmp_path: Path) -> None:
    """On one machine nothing has to be set: the program starts, by its name."""
    command = [str(Path(sys.executable).parent / "satupintu"), "check", "--json"]
    found = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 0
    assert all(finding["ok"] for finding in json.loads(found.stdout))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"bus": "kafka"}, "SATUPINTU_KAFKA_BOOTSTRAP is needed"),
        ({"port": "door"}, "SATUPINTU_PORT"),
        ({"reference_folder": "/nowhere"}, "/nowhere/agencies.csv"),
        ({"database_url": "postgresql://nobody@127.0.0.1:9/none"}, "database: "),
    ],
)
def test_a_start_that_can_not_be_is_refused(cli: Cli, settings: dict[str, str], says: str) -> None:
    """`run` ends before anything starts, with what to mend, and no traceback."""
    found = cli("run", **settings)
    assert found.returncode == 78
    assert says in found.stderr
    assert "Traceback" not in found.stderr


def test_a_stage_without_a_bus_is_refused(cli: Cli) -> None:
    """A process without doors has nothing to do while the bus is away; one with doors opens them."""
    found = cli("run", "router", bus="kafka", kafka_bootstrap="127.0.0.1:9")
    assert (found.returncode, "Traceback" in found.stderr) == (78, False)
    assert "bus: " in found.stderr


def test_an_unknown_agency_in_a_rule_is_refused(cli: Cli, tmp_path: Path) -> None:
    """The rule and the agency are named, in `run` and in `check`."""
    folder = tmp_path / "edited"
    shutil.copytree(REGISTRY, folder)
    with (folder / "competence.csv").open("a") as rules:
        rules.write("bantuan,paspor,,kementerian-tiada,,UU 13/2011,Bantuan saya belum cair\n")
    for command in ("run", "check"):
        found = cli(command, reference_folder=str(folder))
        assert found.returncode == 78
        assert "bantuan: 'kementerian-tiada' is not in agencies.csv" in found.stderr + found.stdout


def test_a_code_that_makes_no_topic_is_refused(cli: Cli, tmp_path: Path) -> None:
    """An agency whose queue could not exist is named before a complaint is routed to it."""
    folder = tmp_path / "edited"
    shutil.copytree(REGISTRY, folder)
    with (folder / "agencies.csv").open(newline="") as table:
        rows = list(csv.reader(table))
    rows.append(["lembaga tak bernama", "lembaga", "Lembaga Tak Bernama", "", "", "", "", "", "yes", "", "", "", ""])
    with (folder / "agencies.csv").open("w", newline="") as table:
        csv.writer(table).writerows(rows)
    found = cli("run", reference_folder=str(folder))
    assert found.returncode == 78
    assert "not a topic name: agency-lembaga tak bernama" in found.stderr


def test_a_port_that_is_taken_is_named(cli: Cli) -> None:
    """A second service on the same port is told so before it touches anything."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = cli("run", port=str(taken.getsockname()[1]))
    assert found.returncode == 78
    assert "set SATUPINTU_PORT" in found.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("run", "sorter"), 2, "There is no stage sorter"),
        (("status", "ABCD"), 2, "not a tracking number"),
        (("tail", "no-such"), 2, "There is no topic no-such"),
        (("replay", "x.csv", "--channels", "pigeon"), 2, "There is no channel pigeon"),
        (("answer", "ABCD", "perhaps"), 78, "There is no verdict perhaps"),
        (("answer", "ABCD", "accepted", "--actor", "a" * 201), 2, "--actor has at most 200 characters"),
        (("answer", "ABCD", "accepted", "--actor", "petugas\x1b[2J"), 2, "one line of visible characters"),
    ],
)
def test_wrong_usage_is_said(cli: Cli, arguments: tuple[str, ...], code: int, says: str) -> None:
    """What was wrong, and what there is instead."""
    found = cli(*arguments)
    assert (found.returncode, "Traceback" in found.stderr) == (code, False)
    assert says in found.stderr


def test_an_audit_of_nothing_is_clean(cli: Cli) -> None:
    """Before the first complaint there is nothing to lose."""
    found = cli("audit", "--json", reference_folder=str(REGISTRY))
    assert found.returncode == 0
    assert json.loads(found.stdout)["accepted"] == 0


def test_the_demo_shows_every_case(cli: Cli) -> None:
    """A table of what became of each, and the audit's JSON as the last line."""
    found = cli("demo", port=str(free_port()))
    assert found.returncode == 0, found.stderr
    audit = json.loads(found.stdout.splitlines()[-1])
    assert {name: audit[name] for name in ("lost", "doubled", "pending", "dead")} == dict.fromkeys(
        ("lost", "doubled", "pending", "dead"), 0
    )
    assert (audit["repeats"], audit["not_complaints"], audit["quarantined"], audit["delivered_again"]) == (1, 2, 1, 1)
    assert "403 bad_signature" in found.stdout
    assert "413 too_large" in found.stdout


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "a column named 'text'"), (b"a,b\n1,2\n", "a column named 'text'"), (b"\xff\xfe", "decode")],
)
def test_a_file_that_can_not_be_replayed_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    """What the file needs is said."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=says):
        load_reports(path)


def test_a_number_is_followed_and_a_topic_read(tmp_path: Path) -> None:
    """`status`, `tail`, `topics` and `answer` against a running service; identities are masked."""
    whole = Whole(tmp_path)
    try:
        whole.start()
        said = {"text": "Kemenkes tolong, hubungi 0812 3456 7890", "phone": "+628000000021", "name": "Budi Contohnya"}
        answer = requests.post(f"http://127.0.0.1:{whole.settings.port}/web/reports", json=said, timeout=10)
        number = answer.json()["tracking"]
        assert whole.audit().clean

        def run(*arguments: str) -> str:
            return program.run(arguments, whole.environment, tmp_path, check=True).stdout

        assert json.loads(run("status", number, "--json"))["state"] == "terdisposisi"
        counts = {row["topic"]: row["records"] for row in json.loads(run("topics", "--json"))}
        assert (counts["raw-web"], counts["agency-kementerian-kemenkes"]) == (1, 1)
        for topic in ("raw-web", "complaints", "agency-kementerian-kemenkes"):
            shown = run("tail", topic)
            assert number in shown
            assert not any(telling in shown for telling in ("628000", "Contohnya", "3456"))
        run("answer", number, "refused", "--text", "bukan kewenangan kami", "--theirs", "bumn-pln")
        assert whole.audit().clean
        steps = json.loads(run("status", number, "--json"))["steps"]
        assert [step["what"] for step in steps] == ["received", "dispatched", "refused", "dispatched"]
        assert whole.stop() == [0]
    finally:
        whole.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "--wait", "nan"),
        ("letters", "redrive", "--all", "--dry-run", "--rate", "inf"),
        ("top", "--every", "nan"),
    ],
)
def test_no_number_is_no_number(cli: Cli, arguments: tuple[str, ...]) -> None:
    """What can't be counted with is refused before anything is done."""
    found = cli(*arguments)
    assert (found.returncode, found.stdout) == (2, "")
    assert "is not a finite number" in found.stderr

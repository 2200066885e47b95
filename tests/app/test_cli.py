"""Command line: short output, errors that say what to do, and stable exit codes."""

import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import requests

from app.simulator.replay import ReplayError, load_reports
from tests.support import program
from tests.support.ports import free_port
from tests.support.service import REGISTRY, RunningService

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """Return a runner of commands in a folder of its own with the given settings."""

    def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return program.run(arguments, environment(tmp_path, **settings), tmp_path)

    return run


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a shell with these settings."""
    set_variables = {f"SATUPINTU_{name.upper()}": value for name, value in {"home": str(home), **settings}.items()}
    other_variables = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}
    return {**other_variables, **set_variables, "COLUMNS": "200"}


def test_a_first_check_passes(tmp_path: Path) -> None:
    """The program starts by its name without any settings."""
    command = [str(Path(sys.executable).parent / "satupintu"), "check", "--json"]
    result = subprocess.run(
        command, env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0
    assert all(finding["ok"] for finding in json.loads(result.stdout))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bus": "kafka"}, "SATUPINTU_KAFKA_BOOTSTRAP is needed"),
        ({"port": "door"}, "SATUPINTU_PORT"),
        ({"reference_folder": "/nowhere"}, "/nowhere/agencies.csv"),
        ({"database_url": "mongodb://127.0.0.1:9/none"}, "database: "),
    ],
)
def test_a_start_that_can_not_be_is_refused(cli: Cli, settings: dict[str, str], message: str) -> None:
    """`run` ends before anything starts, with the wrong setting and no traceback."""
    result = cli("run", **settings)
    assert result.returncode == 78
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bus": "kafka", "kafka_bootstrap": "127.0.0.1:9"}, "FAIL bus: "),
        ({"database_url": "postgresql://nobody@127.0.0.1:9/none"}, "FAIL database: "),
    ],
)
def test_a_dependency_that_is_away_is_no_wrong_setting(cli: Cli, settings: dict[str, str], message: str) -> None:
    """`check` ends with the code after which a supervisor starts again: `run` would start and wait."""
    result = cli("check", **settings)
    assert (result.returncode, "Traceback" in result.stderr) == (69, False)
    assert message in result.stdout


def test_an_unknown_agency_in_a_rule_is_refused(cli: Cli, tmp_path: Path) -> None:
    """`run` and `check` name the rule and the agency."""
    folder = tmp_path / "edited"
    shutil.copytree(REGISTRY, folder)
    with (folder / "competence.csv").open("a") as rules:
        rules.write("bantuan,paspor,,kementerian-tiada,,UU 13/2011,Bantuan saya belum cair\n")
    for command in ("run", "check"):
        result = cli(command, reference_folder=str(folder))
        assert result.returncode == 78
        assert "bantuan: 'kementerian-tiada' is not in agencies.csv" in result.stderr + result.stdout


def test_a_code_that_makes_no_topic_is_refused(cli: Cli, tmp_path: Path) -> None:
    """An agency whose code makes no valid topic is named."""
    folder = tmp_path / "edited"
    shutil.copytree(REGISTRY, folder)
    with (folder / "agencies.csv").open(newline="") as table:
        rows = list(csv.reader(table))
    rows.append(["lembaga tak bernama", "lembaga", "Lembaga Tak Bernama", "", "", "", "", "", "yes", "", "", "", ""])
    with (folder / "agencies.csv").open("w", newline="") as table:
        csv.writer(table).writerows(rows)
    result = cli("run", reference_folder=str(folder))
    assert result.returncode == 78
    assert "not a topic name: agency-lembaga tak bernama" in result.stderr


def test_a_port_that_is_taken_is_named(cli: Cli) -> None:
    """A second service on the same port is refused before it does anything."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = cli("run", port=str(taken.getsockname()[1]))
    assert result.returncode == 78
    assert "set SATUPINTU_PORT" in result.stderr


def test_a_port_of_two_settings_is_named(cli: Cli) -> None:
    """A start is refused if the operations' port is that of the doors: one of them would never be served."""
    port = str(free_port())
    result = cli("run", port=port, ops_port=port)
    assert result.returncode == 78
    assert f"port {port}" in result.stderr
    assert "set SATUPINTU_OPS_PORT" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("run", "sorter"), 2, "There is no stage sorter"),
        (("status", "ABCD"), 2, "not a tracking number"),
        (("tail", "no-such"), 2, "There is no topic no-such"),
        (("replay", "x.csv", "--channels", "pigeon"), 2, "There is no channel pigeon"),
        (("answer", "ABCD", "perhaps", "--text", "x", "--actor", "p"), 2, "There is no verdict perhaps"),
        (("answer", "ABCD", "closed", "--text", "x", "--actor", "p"), 2, "not a tracking number"),
        (("answer", "ABCD", "closed", "--text", "x"), 2, "--actor is missing"),
        (("answer", "ABCD", "closed", "--actor", "p"), 2, "--text is missing"),
        (("answer", "ABCD", "closed"), 2, "--actor and --text are missing"),
        (("answer", "ABCD", "closed", "--text", "x", "--actor", "a" * 201), 2, "--actor has at most 200 characters"),
        (("answer", "ABCD", "closed", "--text", "x", "--actor", "p\x1b[2J"), 2, "one line of visible characters"),
        (("answer-key", "kota-3374"), 2, "--actor and --why are missing"),
        (("answer-key", "kota-0000", "--actor", "p", "--why", "x"), 2, "There is no agency kota-0000"),
        (("tail", "raw-web", "--number", "ABCD"), 2, "not a tracking number"),
        (("tail", "raw-web", "--since", "yesterday"), 2, "yesterday is not a time"),
        (("tail", "Kemenkes dan PLN"), 2, "Several agencies fit Kemenkes dan PLN"),
    ],
)
def test_wrong_usage_is_said(cli: Cli, arguments: tuple[str, ...], code: int, message: str) -> None:
    """The error names the wrong value and the possible ones."""
    result = cli(*arguments)
    assert (result.returncode, "Traceback" in result.stderr) == (code, False)
    assert message in result.stderr


def test_agencies_are_listed_by_code_and_by_name(cli: Cli) -> None:
    """Institutions whose code contains the text come first, then those whose name fits it, in any case of letters."""
    listed = {name: cli("agencies", name, "--json").stdout for name in ("KESEHATAN", "Kota-3374")}
    codes = {name: [row["code"] for row in json.loads(text)] for name, text in listed.items()}
    assert codes["KESEHATAN"][:2] == ["lembaga-bpjs-kesehatan", "kementerian-kemenkes"]
    assert codes["Kota-3374"] == ["kota-3374"]


def test_an_agency_gets_its_key(cli: Cli) -> None:
    """The key alone is on stdout, each generation has another one, and both acts are in the audit log."""
    arguments = ("answer-key", "kota-3374", "--actor", "petugas-1", "--why", "program sendiri")
    first, second = cli(*arguments), cli(*arguments, "--generation", "2")
    keys = {result.stdout.strip() for result in (first, second)}
    assert (first.returncode, second.returncode, len(keys)) == (0, 0, 2)
    assert all(len(bytes.fromhex(key)) == 32 for key in keys)
    recorded = cli("audit-log", "list", "--json").stdout
    assert all(f"kota-3374 {generation}" in recorded for generation in (1, 2))
    assert not any(key in recorded for key in keys)


def test_an_audit_of_nothing_is_clean(cli: Cli) -> None:
    """An empty service has a clean audit."""
    result = cli("audit", "--json", reference_folder=str(REGISTRY))
    assert result.returncode == 0
    assert json.loads(result.stdout)["accepted"] == 0


def test_the_demo_shows_every_case(cli: Cli) -> None:
    """The demo prints tables of the outcomes and of a conversation on each channel, and the audit's JSON at the end."""
    result = cli("demo", port=str(free_port()))
    assert result.returncode == 0, result.stderr
    audit = json.loads(result.stdout.splitlines()[-1])
    assert {name: audit[name] for name in ("lost", "doubled", "pending", "dead")} == dict.fromkeys(
        ("lost", "doubled", "pending", "dead"), 0
    )
    assert (audit["repeats"], audit["not_complaints"], audit["quarantined"], audit["delivered_again"]) == (6, 2, 1, 2)
    assert result.stdout.count("dibuka-lagi") == 5
    # A number is never cut. Two messages may show one number: a text that is sent again joins the report before it, if
    # that one was already dispatched.
    assert len(re.findall(r"│ [0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4} +│", result.stdout)) == 36
    # The same words on another channel are suggested to a person.
    assert re.search(r"new\s+complaint,\s+perhaps", re.sub(r"[│\n]", " ", result.stdout))
    assert "403 bad_signature" in result.stdout
    assert "413 too_large" in result.stdout


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "a column named 'text'"), (b"a,b\n1,2\n", "a column named 'text'"), (b"\xff\xfe", "decode")],
)
def test_a_file_that_can_not_be_replayed_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    """The error says what the file needs."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=message):
        load_reports(path)


def test_a_number_is_followed_and_a_topic_read(process_database: Mapping[str, str], tmp_path: Path) -> None:
    """`status`, `tail`, `trace`, `topics` and `answer` with a running service; what persons wrote is masked."""
    service = RunningService(tmp_path, **process_database)
    try:
        service.start()
        text = "Kemenkes tolong, hubungi Budi 0812 3456 7890"
        report = {"text": text, "phone": "+628000000021", "name": "Budi Contohnya"}
        response = requests.post(f"http://127.0.0.1:{service.settings.port}/web/reports", json=report, timeout=60)
        number = response.json()["tracking"]
        assert service.audit().clean

        def run(*arguments: str) -> str:
            return program.run(arguments, service.environment, tmp_path, check=True).stdout

        assert json.loads(run("status", number, "--json"))["state"] == "diteruskan"
        counts = {row["topic"]: row["records"] for row in json.loads(run("topics", "--json"))}
        assert (counts["raw-web"], counts["agency-kementerian-kemenkes"]) == (1, 1)
        listed, listed_with_empty = run("topics"), run("topics", "--all")
        assert "agency-kementerian-kemenkes" in listed
        assert ("agency-bumn-pln" in listed, "agency-bumn-pln" in listed_with_empty) == (False, True)
        answer_text = "bukan kewenangan kami, tanya Siti"
        run("answer", number, "refused", "--text", answer_text, "--suggested-agency", "pln", "--actor", "petugas-9")
        assert service.audit().clean
        for topic in ("raw-web", "complaints", "agency-kementerian-kemenkes", "agency-answers", "agency-bumn-pln"):
            shown = run("tail", topic)
            assert number in shown or topic == "agency-answers"
            assert not any(telling in shown for telling in ("628000", "Contohnya", "3456", "Budi", "Siti", "petugas"))
        tailed = [json.loads(line) for line in run("tail", "Kemenkes", "--number", number).splitlines()]
        assert [record["value"]["tracking"] for record in tailed] == [number]
        assert run("tail", "raw-web", "--grep", "budi") == run("tail", "raw-web", "-n", "0") == ""
        assert json.loads(run("tail", "raw-web", "--since", "2h", "-n", "1", "--grep", number))["position"]
        not_there = program.run(
            ("tail", "raw-web", "--number", "2VA8-SD70-3330", "--since", "30d"), service.environment, tmp_path
        )
        assert (not_there.returncode, "2VA8-SD70-3330 is on no topic since 30d." in not_there.stderr) == (1, True)
        trace = run("trace", number)
        assert "to bumn-pln (hop 1" in trace
        assert not any(telling in trace for telling in ("Budi", "Siti", "petugas", "tolong"))
        rows = ("1,Kemenkes tolong,A-1", "2,Kemenkes tolong,A-2", "3,...,A-3", "4,PLN tolong,A-4")
        (tmp_path / "texts.csv").write_text("\n".join(("nr,text,id", *rows)))
        run("replay", "texts.csv", "--channels", "sms,web")
        outcomes = [json.loads(line) for line in (tmp_path / "texts.outcomes.jsonl").read_text().splitlines()]
        assert [(row["row"], row["id"], row["channel"]) for row in outcomes] == [
            *((1, "A-1", "sms"), (2, "A-2", "web"), (3, "A-3", "sms"), (4, "A-4", "web"))
        ]
        assert [(row["state"], row["agency"] or row["reason"]) for row in outcomes] == [
            ("complaint", "kementerian-kemenkes"),
            ("complaint", "kementerian-kemenkes"),
            ("set_aside", "empty"),
            ("complaint", "bumn-pln"),
        ]
        assert all(
            json.loads(run("status", row["number"], "--json")) for row in outcomes if row["state"] == "complaint"
        )
        steps = json.loads(run("status", number, "--json"))["steps"]
        assert [step["kind"] for step in steps] == ["received", "dispatched", "refused", "dispatched"]
        assert service.stop() == [0]
    finally:
        service.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("audit", "--wait", "nan"),
        ("dead-letters", "redrive", "--all", "--dry-run", "--rate", "inf"),
        ("top", "--every", "nan"),
    ],
)
def test_no_number_is_no_number(cli: Cli, arguments: tuple[str, ...]) -> None:
    """`nan` and `inf` are refused before anything is done."""
    result = cli(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert "is not a finite number" in result.stderr

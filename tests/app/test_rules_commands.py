"""Commands of the tables: decisions with their reasons, faults, and the effect of an edit."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.cli import app
from app.surroundings import system_surroundings
from bench.evaluation.routing_metrics import JudgedReport, measure_rules
from bus.port import Outgoing
from config.settings import Settings
from messages import codec
from messages.sealing import Sealed
from messages.shapes import Complaint, Report
from messages.topics import COMPLAINTS
from router.rules_loading import load_rules_of_folder
from tests.conftest import NOW
from tests.support.log_capture import captured_log
from tests.support.rules import SHIPPED, SMALL

pytestmark = pytest.mark.slow

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Return a runner of commands with the small tables and a data folder of its own."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SATUPINTU_REFERENCE_FOLDER", str(SMALL))
    with captured_log():
        yield lambda *arguments, stdin="": CliRunner().invoke(app, arguments, input=stdin)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """Return a copy of the tables in which the health ministry handles passports."""
    folder = tmp_path / "edited"
    shutil.copytree(SMALL, folder)
    path = folder / "competence.csv"
    path.write_text(path.read_text().replace("paspor,,kementerian-kemenimipas", "paspor,,kementerian-kemenkes"))
    return folder


def test_lines_are_explained(run: Run) -> None:
    """Each report has one line of JSON."""
    lines = [
        {"id": "1", "title": "Jalan", "text": "jalan rusak", "channel": "sms", "location": "Kab. Sleman"},
        {"id": "2", "text": "tolong", "agency": "Kemenkes", "more": "is passed over"},
    ]
    result = run("explain", "route", stdin="\n\n".join(map(json.dumps, lines)))
    assert result.exit_code == 0, result.output
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["id"], first["agency"], first["region"], first["topic"]) == ("1", "kabupaten-3404", "34.04", "jalan")
    assert 0 < first["confidence"] <= 1
    assert first["triage"] is False
    assert first["alternatives"] == ["provinsi-34"]
    assert {"rule", "text"} == set(first["reasons"][0])
    assert (second["agency"], second["region"], second["topic"]) == ("kementerian-kemenkes", None, None)


def test_one_report_by_hand(run: Run) -> None:
    """Options replace the fields that a sender fills in."""
    result = run("explain", "route", "--text", "banjir", "--location", "Kota Semarang")
    assert json.loads(result.stdout)["agency"] == "kota-3374"


def test_an_address_can_be_explained(run: Run) -> None:
    """By an option and in lines it is read as an address: a region in it is the place, a street's name is none."""
    typed = run("explain", "route", "--text", "banjir", "--address", "Jl. Sleman 3, Kota Semarang")
    piped = run("explain", "route", stdin='{"text": "banjir", "address": "Jl. Sleman 3, Kota Semarang"}\n')
    assert [json.loads(result.stdout)["agency"] for result in (typed, piped)] == ["kota-3374"] * 2


def test_a_point_can_be_explained(run: Run) -> None:
    """By options and in lines; outside the earth it is a wrong option."""
    typed = run("explain", "route", "--text", "banjir", "--lat", "-6.9932", "--long", "110.4203")
    piped = run("explain", "route", stdin='{"text": "banjir", "latitude": -6.9932, "longitude": 110.4203}\n')
    decisions = [json.loads(typed.stdout), json.loads(piped.stdout)]
    assert [(decision["agency"], decision["region"]) for decision in decisions] == [("kota-3374", "33.74.07")] * 2
    assert run("explain", "route", "--text", "banjir", "--lat", "110.4", "--long", "-6.9").exit_code == 2


def test_a_line_that_is_no_report_is_named(run: Run) -> None:
    """The error has the line number and the field, not its value."""
    result = run("explain", "route", stdin='{"text": "a"}\n{"text": 7, "channel": "merpati"}\n')
    assert result.exit_code == 2
    assert "line 2: text" in result.stderr
    assert "merpati" not in result.stderr
    assert run("explain", "route", stdin=b'{"text": "\xff"}\n').exit_code == 2


def test_how_often_it_is_right(tmp_path: Path) -> None:
    """Shares of reports with an institution and of reports without one are separate."""
    reports = [
        {"id": "1", "text": "paspor hilang", "institution": "kementerian-kemenimipas", "kind": "programme"},
        {"id": "2", "text": "paspor hilang", "institution": "bumn-pln", "acceptable": ["kementerian-kemenimipas"]},
        {"id": "3", "text": "paspor hilang", "institution": "bumn-pln"},
        {"id": "4", "text": "halo", "institution": "bumn-pln"},
        {"id": "5", "text": "halo", "institution": "triage"},
    ]
    path = tmp_path / "reports.jsonl"
    path.write_text("\n".join(map(json.dumps, reports)))
    figures = measure_rules(load_rules_of_folder(SMALL), JudgedReport.read(path))
    shares = {name: figures[name]["value"] for name in ("right", "strict", "wrong", "triage", "nobody_to_triage")}
    assert shares == {"right": 0.5, "strict": 0.25, "wrong": 0.25, "triage": 0.25, "nobody_to_triage": 1.0}
    assert (figures["right"]["of"], figures["nobody_to_triage"]["of"]) == (4, 1)


def test_the_linter_tries_each_example(run: Run, edited: Path) -> None:
    """A row whose example goes elsewhere is named, with exit code 1."""
    path = edited / "competence.csv"
    path.write_text(path.read_text().replace("Banjir lagi di Kota Semarang", "Paspor lagi"))
    result = run("rules", "lint", str(edited))
    assert result.exit_code == 1
    assert "competence.csv: banjir: its example goes to kementerian-kemenkes, and not by this row" in result.stdout


def test_the_linter_asks_who_governs_the_regions_of_the_folder(run: Run, edited: Path) -> None:
    """A new regency needs a government, though the list that is shipped does not know it."""
    shutil.copy(SHIPPED / "regions.csv", edited)
    with (edited / "regions.csv").open("a") as table:
        table.write("33.98,Kabupaten Baru\n")
    assert "33.98 Kabupaten Baru has no row" in run("rules", "lint", str(edited)).stdout


def test_the_name_of_a_topic_is_checked(run: Run, edited: Path) -> None:
    """A topic without a name, or with two, is named with what to do."""
    with (edited / "topics.csv").open("a") as table:
        table.write("banjir,Air bah,PEKERJAAN UMUM,1,rob,\nbaru,,PEKERJAAN UMUM,1,kata baru,\n")
    faults = " ".join(run("rules", "lint", str(edited)).output.split())
    assert "banjir has the name 'Banjir' already; leave one of the cells empty" in faults
    assert "baru: no row has its name; write it into its first row" in faults


def test_an_edit_is_shown_row_by_row(run: Run, edited: Path) -> None:
    """Changed, added and removed rows are listed. Equal folders print nothing and exit 0."""
    with (edited / "topics.csv").open("a") as table:
        table.write("banjir,,PEKERJAAN UMUM,1,rob,\n")
    result = run("rules", "diff", str(SMALL), str(edited))
    assert result.exit_code == 1
    assert [line[:28] for line in result.stdout.splitlines()] == [
        "+ topics.csv: banjir (2): ,P",
        "~ competence.csv: paspor: pa",
    ]
    assert run("rules", "diff", str(SMALL), str(SMALL)).exit_code == 0


@pytest.mark.parametrize("command", [("lint",), ("diff", str(SMALL)), ("replay", "--with")])
@pytest.mark.parametrize("folder", [".", "nowhere"])
def test_a_folder_without_tables_is_named(run: Run, tmp_path: Path, command: tuple[str, ...], folder: str) -> None:
    """A folder without tables is refused and not replaced by the shipped tables."""
    result = run("rules", *command, str(tmp_path / folder))
    assert result.exit_code == 2
    assert "agencies.csv" in result.stderr


def test_past_complaints_are_tried(run: Run, edited: Path, settings: Settings, tmp_path: Path) -> None:
    """Only complaints that would go to another agency are listed, by number and without their text."""
    parts = Parts(
        settings.model_copy(update={"reference_folder": SMALL, "home": tmp_path / "home"}),
        CHANNELS,
        system_surroundings(),
    )
    parts.ensure_topics()
    producer = parts.bus.producer()
    producer.publish([Outgoing(COMPLAINTS, b"", b"{}")])
    texts = ("Paspor saya lama", "Banjir di Kota Semarang")
    for number, text in enumerate(texts):
        producer.publish([complaint(number, text)])
    producer.close()
    result = run("rules", "replay", "--with", str(edited), "--since", "2000-01-01")
    assert result.stdout.splitlines() == [
        "NOMOR0  kementerian-kemenimipas -> kementerian-kemenkes",
        "1 of 2 complaints would go to another agency",
    ]
    json_result = run("rules", "replay", "--with", str(edited), "--since", "2000-01-01", "--json")
    assert json.loads(json_result.stdout)["after"]["agency"] == "kementerian-kemenkes"
    assert "1 of 2" in json_result.stderr
    assert "0 of 0" in run("rules", "replay", "--with", str(edited), "--since", "2999-01-01").stdout


def complaint(number: int, text: str) -> Outgoing:
    """Return a complaint as the normalizer publishes it."""
    complaint_message = Complaint(
        id=UUID(int=number),
        message_id=UUID(int=number),
        at=NOW,
        tracking=f"NOMOR{number}",
        channel="web",
        sender="sender",
        report=Report(text=text),
        contact=Sealed("sealed"),
    )
    return Outgoing(COMPLAINTS, *codec.encode(complaint_message, str(complaint_message.id), "/test"))

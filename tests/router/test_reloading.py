"""Tables that are edited while the router runs."""

import os
import shutil
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from config.reference.folder import ReferenceFolder
from config.reference.reloading import ReloadingTables
from config.settings import SettingsError
from language.model import reloading_language_model
from messages.shapes import Report
from router.decide import decide
from router.registry.registry_loading import reloading_registry
from router.rules import Rules
from router.rules_loading import reloading_rules
from tests.support.rules import SMALL, cached_rules

pytestmark = pytest.mark.slow

REPORT = Report(text="Paspor saya lama")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tables that may be edited."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    return tmp_path


def source_of(folder: Path) -> ReloadingTables[Rules]:
    """Return a source of the rules of a folder."""
    reference = ReferenceFolder(folder)
    return reloading_rules(reference, reloading_language_model(reference), reloading_registry(reference))


def append(path: Path, row: str) -> None:
    """Append a row as an operator's edit, later than the last one."""
    later = path.stat().st_mtime_ns + 1_000_000_000
    with path.open("a") as table:
        table.write(row)
    os.utime(path, ns=(later, later))


def test_an_edit_takes_effect(folder: Path) -> None:
    """The next decision uses the edited table, under another version."""
    source = source_of(folder)
    former_rules = source.current()
    assert decide(REPORT, former_rules).agency == "kementerian-kemenimipas"
    append(folder / "topics.csv", "puskesmas,,KESEHATAN,9,paspor,\n")
    with capture_logs() as logged:
        new_rules = source.current()
    assert new_rules.version != former_rules.version
    assert decide(REPORT, new_rules).is_triage
    assert [(line["event"], line["version"]) for line in logged] == [("tables.changed", new_rules.version)]
    assert source.current() is new_rules


def test_a_faulty_edit_changes_nothing(folder: Path) -> None:
    """The log names the fault once. Routing goes on with the former rules, and later with the corrected table."""
    source = source_of(folder)
    former_rules = source.current()
    append(folder / "competence.csv", "x,paspor,,kementerian-tiada,,UU,contoh\n")
    with capture_logs() as logged:
        assert source.current() is former_rules
        assert source.current() is former_rules
    assert [line["event"] for line in logged] == ["tables.refused"]
    assert "kementerian-tiada" in logged[0]["cause"]
    text = (folder / "competence.csv").read_text().replace("kementerian-tiada", "kementerian-kemenkes")
    (folder / "competence.csv").write_text(text)
    append(folder / "competence.csv", "")
    os.utime(folder / "competence.csv", ns=(10**18, 2 * 10**18))
    assert source.current().version != former_rules.version


def test_a_missing_file_changes_nothing(folder: Path) -> None:
    """Some editors remove a file before they write it again. The shipped table must not replace it meanwhile."""
    source = source_of(folder)
    former_rules = source.current()
    topics_text = (folder / "topics.csv").read_text()
    (folder / "topics.csv").unlink()
    with capture_logs() as logged:
        assert source.current() is former_rules
        append(folder / "competence.csv", "")
        assert source.current() is former_rules
    assert ["topics.csv" in line["cause"] for line in logged] == [True, True]
    (folder / "topics.csv").write_text(f"{topics_text}puskesmas,,KESEHATAN,9,paspor,\n")
    assert source.current().version != former_rules.version


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("slang.csv", "informal,formal\nrumah,griya\nrmhe,rumahnya\n", "slang.csv: formal words"),
        ("vocabulary.csv", "word,texts\n,1\nada,1\n", "at least 2"),
        ("evidence_weights.csv", "evidence,weight\nmatter,inf\n", "a number for each kind of evidence"),
        ("agencies.csv", "", "agencies.csv: its first row lacks"),
        ("units.csv", "pattern,institution,topic\n\xff", "units.csv"),
    ],
)
def test_any_fault_is_logged(folder: Path, name: str, text: str, fault: str) -> None:
    """Routing goes on, and the log names the file or the fault."""
    source = source_of(folder)
    former_rules = source.current()
    (folder / name).write_bytes(text.encode("latin-1"))
    with capture_logs() as logged:
        assert source.current() is former_rules
    assert fault in logged[0]["cause"]


def test_an_unexpected_error_keeps_the_former_rules(folder: Path) -> None:
    """The batch is routed by the former rules."""
    former_rules = cached_rules(SMALL)
    loads = iter([former_rules])
    source = ReloadingTables("rules", ReferenceFolder(folder), ["topics.csv"], lambda: next(loads))
    append(folder / "topics.csv", "")
    with capture_logs() as logged:
        assert source.current() is former_rules
    assert logged[0]["cause"] == "StopIteration"


def test_a_new_agency_needs_a_restart(folder: Path) -> None:
    """Its queue is created at the start: nothing may be sent there before."""
    source = source_of(folder)
    former_rules = source.current()
    append(folder / "agencies.csv", "bumn-pos,bumn,PT Pos Indonesia,,,,,,yes,,,,\n")
    with capture_logs() as logged:
        assert source.current() is former_rules
    assert "bumn-pos" in logged[0]["cause"]


def test_a_faulty_folder_does_not_start(folder: Path) -> None:
    """The process refuses to start and names the row."""
    append(folder / "topics.csv", "tiada,Tiada,X,1,kata,\n")
    with pytest.raises(SettingsError, match="tiada: no row of competence"):
        source_of(folder)


def test_an_unknown_sensitive_topic_does_not_start(folder: Path) -> None:
    """A misspelt topic would protect no report of the public view."""
    table = folder / "public_release.csv"
    table.write_text("group,topics,phrases\nhealth,puskesmas,\n")
    # A version of the tables that no other test has loaded.
    append(folder / "topics.csv", "puskesmas,,KESEHATAN,9,imunisasi susulan,\n")
    source_of(folder)
    append(folder / "topics.csv", "puskesmas,,KESEHATAN,9,imunisasi ulang,\n")
    table.write_text("group,topics,phrases\nhealth,puskemas,\n")
    with pytest.raises(SettingsError, match=r"public_release\.csv: topic 'puskemas' is not in topics\.csv"):
        source_of(folder)

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
from router.decision import decide
from router.rules import Rules, reloading_rules
from tests.support.rules import SMALL, cached_rules

REPORT = Report(text="Paspor saya lama")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of tables that may be edited."""
    shutil.copytree(SMALL, tmp_path, dirs_exist_ok=True)
    return tmp_path


def source_of(folder: Path) -> ReloadingTables[Rules]:
    """The rules of a folder as they are now and after edits."""
    reference = ReferenceFolder(folder)
    return reloading_rules(reference, reloading_language_model(reference))


def append(path: Path, row: str) -> None:
    """An operator's edit, later than the last one."""
    later = path.stat().st_mtime_ns + 1_000_000_000
    with path.open("a") as table:
        table.write(row)
    os.utime(path, ns=(later, later))


def test_an_edit_is_taken(folder: Path) -> None:
    """What is in the file next is what the next decision is made by, under another version."""
    source = source_of(folder)
    before = source.current()
    assert decide(REPORT, before).agency == "kementerian-kemenimipas"
    append(folder / "topics.csv", "puskesmas,KESEHATAN,9,paspor,\n")
    with capture_logs() as logged:
        after = source.current()
    assert after.version != before.version
    assert decide(REPORT, after).triage
    assert [(line["event"], line["version"]) for line in logged] == [("tables.changed", after.version)]
    assert source.current() is after


def test_a_faulty_edit_changes_nothing(folder: Path) -> None:
    """The log says what is wrong, once; routing goes on as before, and with the mended file."""
    source = source_of(folder)
    before = source.current()
    append(folder / "competence.csv", "x,paspor,,kementerian-tiada,,UU,contoh\n")
    with capture_logs() as logged:
        assert source.current() is before
        assert source.current() is before
    assert [line["event"] for line in logged] == ["tables.refused"]
    assert "kementerian-tiada" in logged[0]["cause"]
    text = (folder / "competence.csv").read_text().replace("kementerian-tiada", "kementerian-kemenkes")
    (folder / "competence.csv").write_text(text)
    append(folder / "competence.csv", "")
    os.utime(folder / "competence.csv", ns=(10**18, 2 * 10**18))
    assert source.current().version != before.version


def test_a_file_that_is_gone_changes_nothing(folder: Path) -> None:
    """Some editors take it away before they put it back; nobody means the shipped one meanwhile."""
    source = source_of(folder)
    before = source.current()
    kept = (folder / "topics.csv").read_text()
    (folder / "topics.csv").unlink()
    with capture_logs() as logged:
        assert source.current() is before
        append(folder / "competence.csv", "")
        assert source.current() is before
    assert ["topics.csv" in line["cause"] for line in logged] == [True, True]
    (folder / "topics.csv").write_text(f"{kept}puskesmas,KESEHATAN,9,paspor,\n")
    assert source.current().version != before.version


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("slang.csv", "informal,formal\nrumah,griya\nrmhe,rumahnya\n", "slang.csv: formal words"),
        ("vocabulary.csv", "word,texts\n,1\nada,1\n", "at least 2"),
        ("doors.csv", "sign,weight\nmatter,inf\n", "a number for each sign"),
        ("agencies.csv", "", "agencies.csv: its first row lacks"),
        ("units.csv", "pattern,institution,topic\n\xff", "units.csv"),
    ],
)
def test_whatever_an_edit_breaks(folder: Path, name: str, text: str, says: str) -> None:
    """Routing goes on, and the log names the file or what is wrong in it."""
    source = source_of(folder)
    before = source.current()
    (folder / name).write_bytes(text.encode("latin-1"))
    with capture_logs() as logged:
        assert source.current() is before
    assert says in logged[0]["cause"]


def test_what_goes_wrong_in_an_unforeseen_way(folder: Path) -> None:
    """The batch is routed by the rules of before."""
    known = cached_rules(SMALL)
    loads = iter([known])
    source = ReloadingTables("rules", ReferenceFolder(folder), ["topics.csv"], lambda: next(loads))
    append(folder / "topics.csv", "")
    with capture_logs() as logged:
        assert source.current() is known
    assert logged[0]["cause"] == "StopIteration"


def test_an_institution_more_waits_for_a_start(folder: Path) -> None:
    """Its queue is made at a start: until then nothing may be sent there."""
    source = source_of(folder)
    before = source.current()
    append(folder / "agencies.csv", "bumn-pos,bumn,PT Pos Indonesia,,,,,,yes,,,,\n")
    with capture_logs() as logged:
        assert source.current() is before
    assert "bumn-pos" in logged[0]["cause"]


def test_a_faulty_folder_does_not_start(folder: Path) -> None:
    """The process refuses, and names the row."""
    append(folder / "topics.csv", "tiada,X,1,kata,\n")
    with pytest.raises(SettingsError, match="tiada: no row of competence"):
        source_of(folder)

"""The archive on the command line, and the query of the README."""

import json
import re
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive_schedule
from app.cli import app
from app.commands.common.failures import stop_if_explained
from bus.errors import Stop
from sinks.archive.manifest import ArchiveFolder
from sinks.archive.parquet import INSTALL_COMMAND, load_pyarrow
from tests.conftest import missing
from tests.sinks.archive.archived_bus import ArchivedBus
from tests.support import program
from tests.support.log_capture import captured_log
from tests.support.paths import ROOT
from tests.support.written_bus import PLN, TRIAGE, dispatch

MARCH = datetime(2026, 3, 10, tzinfo=UTC)


def invoke(arguments: list[str]) -> Result:
    """Run `satupintu` with these arguments."""
    with captured_log():
        return CliRunner().invoke(app, arguments)


def test_archive_and_verify(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """`archive` prints what it added and where, `verify` names a fault and exits 1."""
    program.set_environment(monkeypatch, parts.settings)
    monkeypatch.setenv("SATUPINTU_REFERENCE_FOLDER", str(parts.settings.reference_folder))
    producer = parts.bus.producer()
    producer.publish([dispatch(1, TRIAGE)])
    producer.close()
    earlier = invoke(["archive", "--until", "2026-03-31", "--json"])
    assert json.loads(earlier.stdout)["records"] == {}
    result = invoke(["archive"])
    assert (result.exit_code, result.stdout) == (0, "agency-triage 1\n")
    folder = parts.settings.home / "archive"
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()} == {0o600}
    assert "1 new records in 1 files in" in result.stderr.replace("\n", " ")
    assert invoke(["archive", "verify", str(folder)]).exit_code == 0
    (file,) = folder.glob("*/date=*/*.parquet")
    file.write_bytes(b"")
    result = invoke(["archive", "verify", str(folder), "--json"])
    assert result.exit_code == 1
    assert [fault["name"] for fault in json.loads(result.stdout)["faults"]] == ["checksum"]
    assert invoke(["archive", "--until", "31.3."]).exit_code == 2


def test_the_nightly_run_ends_with_its_process(parts: Parts) -> None:
    """A process that is asked to stop, and has shut its doors, waits for no archive. The next one makes it."""
    with closing(parts.bus.producer()) as producer:
        producer.publish([dispatch(1, TRIAGE)])
    folder, stopping = parts.settings.home / "archive", threading.Event()
    schedule = archive_schedule(parts, folder, stopping)
    stopping.set()
    with captured_log() as log:
        schedule.step()
    assert [line["event"] for line in log.lines] == ["archive.skipped"]
    assert ArchiveFolder(folder).head() is None
    stopping.clear()
    schedule.step()
    assert ArchiveFolder(folder).head() is not None


def test_a_missing_pyarrow_is_named_with_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the optional dependency the command ends with a sentence and the exit code for settings."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Stop, match=re.escape(INSTALL_COMMAND)) as error:
        load_pyarrow()
    with pytest.raises(SystemExit, match="78"):
        stop_if_explained(error.value)


def test_the_readme_counts_reports_about_roads(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DuckDB runs the command of the README: each report of March about roads counts once."""
    home = tmp_path_factory.mktemp("readme")
    bus = ArchivedBus(home)
    road: dict[str, Any] = {"topic": "jalan-rusak"}
    bus.publish(dispatch(1, PLN, **road), dispatch(1, TRIAGE, hop=1, **road), dispatch(2, PLN, **road), at=MARCH)
    bus.publish(dispatch(3, PLN, topic="listrik"), at=MARCH)
    bus.publish(dispatch(4, PLN, **road), at=datetime(2026, 4, 2, tzinfo=UTC))
    bus.run(folder=home / ".satupintu" / "archive")
    (query,) = re.findall(r'\$ duckdb -c "(.+)"', (ROOT / "README.md").read_text())
    try:
        import duckdb  # noqa: F401, PLC0415 - it may be missing
    except ModuleNotFoundError:
        missing("duckdb")
    program = "import duckdb, sys; print(duckdb.sql(sys.argv[1]).fetchall())"
    run = subprocess.run([sys.executable, "-c", program, query], cwd=home, capture_output=True, text=True, check=True)
    assert run.stdout == "[(2,)]\n"

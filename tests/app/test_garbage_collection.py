"""Tests of the garbage collector of a running process."""

import gc
import subprocess
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.assembly.parts import Parts
from app.garbage_collection import exempt_loaded_objects
from tests.support.databases import Databases

# Runs a command, and prints how often garbage was looked for, and whether the end of the process will look again.
_COUNT_COLLECTIONS = """
import gc, sys
from app.cli import main
collections = []
gc.callbacks.append(lambda phase, _: collections.append(phase))
try:
    main()
except SystemExit:
    print(len(collections), gc.get_freeze_count() > 0)
"""


class Node:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _restored_threshold() -> Iterator[None]:
    """Leave the thresholds of this process as they were."""
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)


def test_loaded_objects_are_examined_no_more_and_later_garbage_is() -> None:
    """An object that was there is no longer tracked; a cycle that is made later is collected."""
    loaded = Node()

    exempt_loaded_objects()

    assert all(loaded is not tracked for tracked in gc.get_objects())
    later = weakref.ref(Node())
    gc.collect()
    assert later() is None


def test_objects_that_are_in_use_are_examined_rarely() -> None:
    """Two thousand new objects are not examined. Python's own threshold would examine them twice."""
    exempt_loaded_objects()
    collections = gc.get_stats()[0]["collections"]

    in_use: list[list[int]] = [[] for _ in range(2_000)]

    assert gc.get_stats()[0]["collections"] == collections
    assert len(in_use) == 2_000


@pytest.mark.only_on("sqlite", "without the driver of a server")
def test_a_short_command_looks_for_no_garbage(
    tmp_path: Path, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `status` loads stays until it ends: looking at it took a third of its time."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path))
    command = [sys.executable, "-c", _COUNT_COLLECTIONS, "status", "8M4R-SC62-63FZ"]
    with database.lent(tmp_path):
        result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert "is not in the ledger" in result.stderr
    assert result.stdout.split() == ["0", "True"]


def test_a_command_closes_its_databases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite removes the journal with the last connection. A journal that is left has rows that the file lacks."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path))
    command = [sys.executable, "-m", "app.cli", "queues-recount", "--actor", "Sari", "--why", "test"]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    assert (tmp_path / "satupintu.db").exists()
    assert not [*tmp_path.glob("*.db-wal")]


@pytest.mark.only_on("sqlite", "PostgreSQL has no second database")
def test_both_databases_are_closed(parts: Parts) -> None:
    """The file of the persons' keys is a database of its own: a copy of it alone must have all keys."""
    for engine in (parts.engine, parts.keys.key_engine):
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE probe (id INTEGER)"))
    assert len([*parts.settings.home.glob("satupintu*.db-wal")]) == 2
    parts.close()
    assert not [*parts.settings.home.glob("satupintu*.db-wal")]

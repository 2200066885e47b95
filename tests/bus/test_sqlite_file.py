"""SQLite files that several processes make at the same moment: whoever comes while others do tries again."""

import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.assembly.migrate import migrate
from app.database import open_database
from bus.sqlite_file import open_sqlite


class Contended(sqlite3.Connection):
    """Two others are making the file: SQLite says so at once, however long one would wait."""

    locked = 2

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        """See `sqlite3.Connection`."""
        if "journal_mode" in sql and self.locked:
            self.locked -= 1
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, *parameters)


@pytest.fixture(autouse=True)
def _contended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection is."""
    contended = partial(sqlite3.connect, factory=Contended)
    monkeypatch.setattr(sqlite3, "connect", contended)
    monkeypatch.setattr(sqlite3.dbapi2, "connect", contended)


def test_a_file_of_the_bus_or_the_spool(tmp_path: Path) -> None:
    """It is opened, and what is committed is on the disk."""
    connection = open_sqlite(tmp_path / "some.db", 10)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    connection.close()


def test_who_waits_too_long_is_told(tmp_path: Path) -> None:
    """After the time that one waits for another's transaction."""
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        open_sqlite(tmp_path / "some.db", -1)


def test_the_database(tmp_path: Path) -> None:
    """It is migrated."""
    engine = open_database(f"sqlite:///{tmp_path / 'some.db'}")
    migrate(engine)
    with engine.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM ledger_complaint").scalar() == 0
    engine.dispose()

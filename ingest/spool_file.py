"""The file of the spool: recognises a corrupt file, and renames it so that a new one can be begun."""

import fcntl
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import structlog

# SQLite's codes for a file that was damaged, and for one that never was a database.
_CORRUPT_CODES = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
# The lower byte of an extended code is the code itself.
_CODE_MASK = 0xFF
# Files of a database in WAL mode. The WAL is renamed first: a new database beside an old WAL would apply it to itself.
_SUFFIXES = ("-wal", "-shm", "")
_NAME_PART = ".corrupt-"

_log = structlog.get_logger()


class JournalState(NamedTuple):
    """Inode, size and time of the last write (seconds since 1970 UTC) of a journal (WAL)."""

    inode: int
    size: int
    written_at: float


class CorruptFile(Exception):
    """The check of the file found a fault."""


def check_file(connection: sqlite3.Connection) -> None:
    """Return if the file is sound. Raises `CorruptFile`, or `sqlite3.DatabaseError` for a badly damaged file.

    It reads the whole file: a full spool of 1 GB takes some seconds, an empty one none.
    """
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise CorruptFile(finding)


def is_corrupt(error: Exception) -> bool:
    """Return True if this error means that the file is damaged, and not that the disk is full or slow."""
    if isinstance(error, sqlite3.DatabaseError):
        return getattr(error, "sqlite_errorcode", 0) & _CODE_MASK in _CORRUPT_CODES
    return isinstance(error, CorruptFile)


def file_identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of the file at `path`; `None` if there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def journal_state(journal: Path) -> JournalState | None:
    """Return the state of a journal; `None` if there is none. A write to an open database changes it."""
    try:
        status = journal.stat()
    except FileNotFoundError:
        return None
    return JournalState(status.st_ino, status.st_size, status.st_mtime)


def set_aside(path: Path, identity: tuple[int, int] | None, cause: str, now: Callable[[], datetime]) -> None:
    """Rename the corrupt file with this identity, unless another process has done so. Nothing of it is lost.

    SQLite neither changes nor deletes a renamed file when a process closes it.
    """
    with path.with_name(f"{path.name}.lock").open("w") as lock_file:
        fcntl.flock(lock_file, fcntl.LOCK_EX)
        if file_identity(path) != identity:
            return
        renamed_path = path.with_name(f"{path.name}{_NAME_PART}{now().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}")
        for suffix in _SUFFIXES:
            file = path.with_name(path.name + suffix)
            if file.exists():
                file.rename(renamed_path.with_name(renamed_path.name + suffix))
        _log.critical("spool.set_aside", file=renamed_path.name, cause=cause)


def corrupt_files(path: Path) -> list[Path]:
    """Return the corrupt files that were renamed and are still there, oldest first."""
    files = path.parent.glob(f"{path.name}{_NAME_PART}*Z")
    return sorted(files)

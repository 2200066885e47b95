"""Writes a back-up of the data folder, with a manifest of checksums, and restores one into an empty folder.

A back-up may come from elsewhere: each path must stay within the folder, sizes and numbers are checked first.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.operations.backup.snapshot import BUS, DATABASE, KEYS, SPOOL, copy_databases
from bus.errors import Stop
from sinks.archive.contained_path import contained_path, is_plain_path
from sinks.archive.durable_files import DurableFiles
from sinks.archive.part_writer import file_digest

_MANIFEST = "backup.json"
_FORMAT = 1
# A data folder has some tens of files: databases, secrets, and tables that were suggested.
_MAX_FILES = 10_000
_MAX_MANIFEST_BYTES = 8_000_000
# Characters of a path that Linux can open.
_MAX_PATH_CHARACTERS = 4_000
# The largest size of a file in common use.
_MAX_FILE_BYTES = 2**60
# Databases of a data folder. The bus is the last to be put in its place: a service cannot run without it.
_DATABASES = (SPOOL, KEYS, DATABASE, BUS)
# Files that nobody needs in another folder: locks, journals of SQLite, and an archive, which is a back-up itself.
_LEFT_OUT = ("*.lock", "*-wal", "*-shm", "*-journal", "*.tmp")
_ARCHIVE = "archive"
# Statements for a restored file, by the table that they need.
_AT_RESTORE = {
    # The lost system may have sent them after the back-up.
    DATABASE: ("replies_outbox", "UPDATE replies_outbox SET state = 'unknown' WHERE state IN ('waiting', 'sending')"),
    # The processes of the lost system are no members any more: nobody waits for the end of their sessions.
    BUS: ("members", "UPDATE members SET seen = 0"),
}


def _check_path(path: str) -> str:
    if not is_plain_path(path):
        raise ValueError(f"{path!r} is not a path within the back-up")
    return path


class BackupFile(BaseModel):
    """A file, by its path within the data folder."""

    model_config = ConfigDict(frozen=True)

    path: Annotated[str, Field(max_length=_MAX_PATH_CHARACTERS), AfterValidator(_check_path)]
    bytes: Annotated[int, Field(ge=0, le=_MAX_FILE_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupManifest(BaseModel):
    """Content of a back-up. `at` is the time at which it began."""

    model_config = ConfigDict(frozen=True)

    format: Annotated[int, Field(ge=1)]
    at: datetime
    code_version: Annotated[str, Field(max_length=100)]
    files: Annotated[tuple[BackupFile, ...], Field(max_length=_MAX_FILES)]


def write_backup(home: Path, folder: Path, code_version: str, now: datetime, files: DurableFiles) -> BackupManifest:
    """Write a back-up of a data folder to an empty folder. The service may run.

    Raises `Retry` if a file stays locked, and `Stop` if the folder is not empty or cannot be written, or if the data
    folder has a file that no back-up can name.
    """
    if folder.exists() and any(folder.iterdir()):
        raise Stop(f"{folder} is not empty. Give each back-up a new folder.")
    if not (home / BUS).exists():
        raise Stop(f"{home} has no embedded bus: there is nothing to back up.")
    _check_names(other_files(home, folder))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = copy_databases(home, lambda name: files.temporary(folder / name))
        for name in names:
            files.publish(folder / name)
        # Keys and texts of operators change seldom, and nothing in the databases depends on a later one.
        for path in other_files(home, folder):
            shutil.copyfile(home / path, files.temporary(folder / path))
            files.publish(folder / path)
            names = [*names, path]
        entries = tuple(_entry(folder, name) for name in names)
        manifest = BackupManifest(format=_FORMAT, at=now, code_version=code_version, files=entries)
        files.write(folder / _MANIFEST, manifest.model_dump_json(indent=1).encode() + b"\n")
    except OSError as error:
        raise Stop(f"The back-up in {folder} cannot be written: {error}.") from error
    return manifest


def _check_names(names: Sequence[str]) -> None:
    """Raise `Stop` for files that no manifest can name: too many, or with a backslash or a control character."""
    if len(names) > _MAX_FILES - len(_DATABASES):
        raise Stop(f"The data folder has {len(names):,} files, a back-up at most {_MAX_FILES:,}. Move some elsewhere.")
    if faulty := [name for name in names if not is_plain_path(name)]:
        raise Stop(f"No back-up can have a file with the name {faulty[0]!r}. Rename it or move it elsewhere.")


def other_files(home: Path, folder: Path) -> Sequence[str]:
    """Return the paths of the files of a data folder that are no databases in use: secrets, and files of operators."""
    return sorted(_other_files(home, folder.resolve()))


def _other_files(home: Path, folder: Path) -> Iterator[str]:
    for path in home.rglob("*"):
        name = path.relative_to(home)
        is_left_out = any(path.match(pattern) for pattern in _LEFT_OUT) or name.parts[0] == _ARCHIVE
        is_in_backup = path.resolve().is_relative_to(folder)
        is_copied = not (is_left_out or is_in_backup or name.as_posix() in _DATABASES)
        if is_copied and path.is_file() and not path.is_symlink():
            yield name.as_posix()


def read_manifest(folder: Path) -> BackupManifest:
    """Return the manifest, with all files checked. Raises `Stop` that names each fault."""
    path = contained_path(folder, _MANIFEST)
    if not path.is_file():
        raise Stop(f"{folder} is no complete back-up: {_MANIFEST} is missing.")
    if path.stat().st_size > _MAX_MANIFEST_BYTES:
        raise Stop(f"{path} is no manifest of a back-up: it has more than {_MAX_MANIFEST_BYTES:,} bytes.")
    try:
        manifest = BackupManifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"])) or "document"
        raise Stop(f"{path} cannot be read: {place}: {first['msg']}. Nothing was restored.") from None
    if len({file.path for file in manifest.files}) < len(manifest.files):
        raise Stop(f"{path} names a file twice. Nothing was restored.")
    if manifest.format > _FORMAT:
        raise Stop(f"{folder} is of a newer version of this program. Upgrade it first.")
    faults = [fault for file in manifest.files if (fault := _fault(folder, file))]
    if faults:
        raise Stop("The back-up is damaged; nothing was restored:\n" + "\n".join(faults))
    return manifest


def restore_backup(folder: Path, home: Path, files: DurableFiles) -> BackupManifest:
    """Restore a back-up into an empty data folder. Raises `Stop`.

    Replies that had not been sent are held: the lost system may have sent them after the back-up.
    """
    manifest = read_manifest(folder)
    if home.exists() and (present := sorted(path.name for path in home.iterdir())):
        raise Stop(f"{home} is not empty: {', '.join(present[:5])}. Set SATUPINTU_HOME to a new folder.")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in sorted(manifest.files, key=_place):
            temporary = files.temporary(home / file.path)
            shutil.copyfile(contained_path(folder, file.path), temporary)
            if file.path in _AT_RESTORE:
                _change(temporary, *_AT_RESTORE[file.path])
            files.publish(home / file.path)
    except OSError as error:
        raise Stop(f"{home} cannot be written: {error}. Empty it and run this again.") from error
    except sqlite3.DatabaseError as error:
        raise Stop(f"A database of the back-up cannot be opened: {error}. Empty {home}.") from error
    return manifest


def _place(file: BackupFile) -> int:
    """Return the order in which a file is put in its place: others first, then the databases, the bus last."""
    return _DATABASES.index(file.path) if file.path in _DATABASES else -1


def _change(path: Path, table: str, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        # Triggers and views of a file from elsewhere call no function with effects.
        connection.execute("PRAGMA trusted_schema = OFF")
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            connection.execute(statement)


def _entry(folder: Path, name: str) -> BackupFile:
    path = folder / name
    return BackupFile(path=name, bytes=path.stat().st_size, sha256=file_digest(path))


def _fault(folder: Path, file: BackupFile) -> str:
    try:
        path = contained_path(folder, file.path)
    except Stop as error:
        return f"outside {file.path} {error}"
    if not path.is_file():
        return f"missing_file {file.path}"
    # The size is compared first: a file of another size is not read.
    is_unchanged = path.stat().st_size == file.bytes and file_digest(path) == file.sha256
    return "" if is_unchanged else f"checksum {file.path}"

"""A back-up from elsewhere: nothing outside of its folder is read, nothing outside of the data folder is written."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.operations.backup.backup import restore_backup, write_backup
from bus.errors import Stop
from sinks.archive.durable_files import DurableFiles
from tests.conftest import NOW

_SECRET = b"secret of the host"


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    """Folder of a back-up with a bus and one other file, and beside it a file of the host."""
    home = tmp_path / "host" / "home"
    home.mkdir(parents=True)
    with closing(sqlite3.connect(home / "bus.db")) as connection:
        connection.execute("CREATE TABLE members (seen REAL)")
    (home / "secrets.json").write_text("{}")
    (tmp_path / "outside.txt").write_bytes(_SECRET)
    write_backup(home, tmp_path / "backup", "1", NOW, DurableFiles())
    return tmp_path / "backup"


def forge(backup: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the manifest."""
    path = backup / "backup.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


def entry(path: str, content: bytes = _SECRET) -> dict[str, Any]:
    """Return the entry of a file with this content."""
    return {"path": path, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def files_below(folder: Path) -> set[str]:
    """Return the path of every file."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def assert_refused(backup: Path, words: str) -> None:
    """Restore into a new folder, and see that nothing was written anywhere."""
    root = backup.parent
    before = files_below(root)
    with pytest.raises(Stop, match=words):
        restore_backup(backup, root / "new" / "home", DurableFiles())
    assert files_below(root) == before


def test_a_back_up_of_this_program_is_restored(backup: Path) -> None:
    """The forged ones below differ from this one in one thing."""
    restore_backup(backup, backup.parent / "new" / "home", DurableFiles())
    assert files_below(backup.parent / "new" / "home") == {"bus.db", "secrets.json"}


@pytest.mark.parametrize("path", ["../outside.txt", "usulan/../../outside.txt", "./secrets.json", "a//b", "..", ""])
def test_a_path_that_leads_out_is_refused(backup: Path, path: str) -> None:
    """The file exists and has the checksum of the manifest; it is neither read nor written under this path."""
    forge(backup, lambda manifest: manifest["files"].append(entry(path)))
    assert_refused(backup, "is not a path within the back-up")


def test_an_absolute_path_and_one_of_windows_are_refused(backup: Path) -> None:
    """As are a drive, and a control character, which a terminal would execute."""
    (backup / "..\\outside.txt").write_bytes(_SECRET)
    for path in (str(backup.parent / "outside.txt"), "..\\outside.txt", "C:outside.txt", "C:/outside.txt", "a\x1b[2J"):
        last = entry(path)
        forge(backup, lambda manifest: manifest.update(files=[*manifest["files"][:2], last]))  # noqa: B023
        assert_refused(backup, "is not a path within the back-up")


def test_a_symbolic_link_is_refused(backup: Path) -> None:
    """Neither a file nor a folder of a back-up may be a link to another place."""
    (backup / "link.txt").symlink_to(backup.parent / "outside.txt")
    forge(backup, lambda manifest: manifest["files"].append(entry("link.txt")))
    assert_refused(backup, "outside link.txt .* symbolic link")
    (backup / "folder").symlink_to(backup.parent)
    forge(backup, lambda manifest: manifest.update(files=[*manifest["files"][:2], entry("folder/outside.txt")]))
    assert_refused(backup, "outside folder/outside.txt .* symbolic link")


def test_numbers_of_a_manifest_have_limits(backup: Path) -> None:
    """Sizes that no file has, more files than a data folder has, a file twice, and a manifest without end."""
    original = (backup / "backup.json").read_text()

    def assert_forged(change: Callable[[dict[str, Any]], object], words: str) -> None:
        forge(backup, change)
        assert_refused(backup, words)
        (backup / "backup.json").write_text(original)

    def with_file(**fields: object) -> Callable[[dict[str, Any]], object]:
        return lambda manifest: manifest["files"][0].update(fields)

    assert_forged(with_file(bytes=-1), r"files\.0\.bytes: Input should be greater than or equal to 0")
    assert_forged(with_file(bytes=10**30), r"files\.0\.bytes")
    assert_forged(with_file(bytes=1), "checksum bus.db")
    assert_forged(with_file(sha256="../x"), r"files\.0\.sha256")
    assert_forged(with_file(path="a" * 5_000), r"files\.0\.path: String should have at most 4000 characters")
    assert_forged(lambda manifest: manifest.update(format=0), "format")
    assert_forged(lambda manifest: manifest["files"].append(manifest["files"][0]), "names a file twice")
    many = [entry(f"{number}") for number in range(10_001)]
    assert_forged(lambda manifest: manifest.update(files=many), "at most 10000 items")
    (backup / "backup.json").write_text(original + " " * 8_000_000)
    assert_refused(backup, "more than 8,000,000 bytes")


def test_a_database_that_is_none_is_named(backup: Path) -> None:
    """The checksum is that of the manifest, and SQLite cannot open the file."""
    content = b"no database at all" * 100
    (backup / "bus.db").write_bytes(content)
    forge(backup, lambda manifest: manifest.update(files=[entry("bus.db", content)]))
    with pytest.raises(Stop, match="A database of the back-up cannot be opened"):
        restore_backup(backup, backup.parent / "new", DurableFiles())


def test_no_back_up_is_written_that_cannot_be_restored(tmp_path: Path) -> None:
    """A file that a manifest cannot name is named before anything is copied."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "bus.db").touch()
    (home / "a\\b").touch()
    with pytest.raises(Stop, match="Rename it"):
        write_backup(home, tmp_path / "backup", "1", NOW, DurableFiles())
    assert not (tmp_path / "backup").exists()

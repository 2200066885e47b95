"""Nobody else on the machine reads the data folder, whoever created it."""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.private_files import secure_database_file, secure_folder
from config.settings import SettingsError
from tests.support import program
from tests.support.paths import SMALL_TABLES
from tests.support.program import FORKS

_NOBODY = 65_534
_PATIENCE_SECONDS = 120.0
# Exit code of a process to which the file was refused.
_REFUSED = 7


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def readable_by_all() -> Iterator[Callable[[Path], Path]]:
    """Return a function that creates a file that everybody may read."""
    umask = os.umask(0)

    def create(path: Path) -> Path:
        path.touch(0o666)
        return path

    yield create
    os.umask(umask)


@pytest.mark.slow
def test_the_command_makes_an_existing_data_folder_private(
    tmp_path: Path, readable_by_all: Callable[[Path], Path]
) -> None:
    """A folder that was made beforehand, its databases and every new file are for their owner alone."""
    home = tmp_path / "home"
    home.mkdir(0o777)
    old_database = readable_by_all(home / "spool.db")
    log = readable_by_all(home / "service.log")
    variables = {"SATUPINTU_HOME": str(home), "SATUPINTU_REFERENCE_FOLDER": str(SMALL_TABLES)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SATUPINTU_")}

    program.run(("check",), inherited | variables, tmp_path)

    assert {path.name for path in home.iterdir()} >= {"secrets.json", "satupintu.db", "bus.db"}
    readable = [path for path in (home, *home.iterdir()) if _mode(path) & 0o077]
    assert (readable, _mode(old_database)) == ([log], 0o600)


def test_our_files_lose_the_rights_of_others(tmp_path: Path, readable_by_all: Callable[[Path], Path]) -> None:
    """Databases, journals, secrets and locks. What the operator keeps beside them is left alone."""
    tmp_path.chmod(0o755)
    names = ("satupintu.db", "bus.db-wal", "spool.db-shm", "secrets.json", "spool.lock")
    files = [readable_by_all(tmp_path / name) for name in names]
    notes = readable_by_all(tmp_path / "notes.txt")
    secure_folder(tmp_path)
    assert ({_mode(path) for path in files}, _mode(tmp_path), _mode(notes)) == ({0o600}, 0o700, 0o666)


def test_a_link_is_not_followed(tmp_path: Path, readable_by_all: Callable[[Path], Path]) -> None:
    """The file that a link leads to is not ours."""
    target = readable_by_all(tmp_path / "elsewhere")
    home = tmp_path / "home"
    home.mkdir()
    (home / "bus.db").symlink_to(target)
    secure_folder(home)
    assert _mode(target) == 0o666


def test_a_shared_folder_is_refused(tmp_path: Path) -> None:
    """A folder like /tmp stays as it is, and the error says what to do."""
    tmp_path.chmod(0o1777)
    with pytest.raises(SettingsError, match=r"SATUPINTU_HOME: .* folder of its own"):
        secure_folder(tmp_path)
    assert _mode(tmp_path) == 0o1777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can create a file of another user")
def test_a_file_of_another_user_is_refused(tmp_path: Path, readable_by_all: Callable[[Path], Path]) -> None:
    """The error names the file and the command."""
    readable_by_all(tmp_path / "satupintu.db")
    tmp_path.chmod(0o777)
    child = FORKS.Process(target=_open_as_nobody, args=(tmp_path,))
    child.start()
    child.join(_PATIENCE_SECONDS)
    child.kill()
    assert child.exitcode == _REFUSED


def _open_as_nobody(folder: Path) -> None:
    """End with `_REFUSED` if the database in the folder is refused with the command that helps.

    A relative path needs no right to the folders above, which may be private.
    """
    os.chdir(folder)
    os.setuid(_NOBODY)
    try:
        secure_database_file(Path("satupintu.db"))
    except SettingsError as error:
        sys.exit(_REFUSED if "chmod 600 satupintu.db" in str(error) else str(error))

"""Keeps the data folder private: the databases in it hold reports of citizens and the keys to open them."""

import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from config.settings import SettingsError
from config.umask import PRIVATE_UMASK

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
# Names of the files that the service itself writes into its data folder.
_OUR_FILES = ("secrets.*", "*.db", "*.db-wal", "*.db-shm", "*.db-journal", "*.lock")


def secure_folder(folder: Path) -> None:
    """Create the folder for its owner alone, or take the rights of others from an existing one and from our files.

    Raises `SettingsError` if the rights cannot be taken away, or if the folder is one that many programs share.
    """
    folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & stat.S_ISVTX:
        # A folder like /tmp. Without the rights of others it would be lost for all other programs.
        raise SettingsError(f"SATUPINTU_HOME: {folder} is shared by many users; set it to a folder of its own")
    _secure(folder, _FOLDER_MODE)
    secure_files(path for pattern in _OUR_FILES for path in folder.glob(pattern))


def secure_database_file(path: Path) -> None:
    """Take the rights of others from an SQLite database and its journals. Missing files are left out."""
    secure_files(path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm", "-journal"))


def secure_files(paths: Iterable[Path]) -> None:
    """Take the rights of others from these files. Raises `SettingsError` if that is not possible."""
    for path in paths:
        # A journal may disappear at any time. A link leads to a file that somebody else placed elsewhere.
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink():
                _secure(path, _FILE_MODE)


def _secure(path: Path, mode: int) -> None:
    if not path.stat().st_mode & PRIVATE_UMASK:
        return
    try:
        path.chmod(mode)
    except PermissionError as error:
        raise SettingsError(
            f"{path} can be read by other users and belongs to another user; "
            f"change its owner, or run `chmod {mode:o} {path}` as its owner"
        ) from error

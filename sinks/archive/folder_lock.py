"""Lets one process at a time write an archive."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bus.errors import Stop

_LOCK_FILE = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of an archive until the end of the block.

    Raises `Stop` if another process holds it, or if the folder cannot be written.
    """
    try:
        with _locked(folder):
            yield
    except OSError as error:
        raise Stop(f"The archive in {folder} cannot be written: {error}.") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Stop(f"Another process archives into {folder}. Wait until it has ended.") from error
        yield
    finally:
        os.close(descriptor)

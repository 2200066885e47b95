"""Lock of the data folder: one `satupintu run` of all stages at a time uses it."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bus.errors import Stop

LOCK_FILE = "run.lock"


@contextmanager
def folder_lock(home: Path) -> Iterator[None]:
    """Hold the lock of a data folder. Raises `Stop` if another process holds it.

    It belongs to this process, not to those that it forks: the kernel ends it with this process, however it ends.
    """
    with (home / LOCK_FILE).open("a") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Stop(
                f"another `satupintu run` uses the data folder {home.resolve()}: end it first, or set SATUPINTU_HOME to"
                " another folder"
            ) from error
        yield

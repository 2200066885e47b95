"""Writes files so that each is complete or absent after a crash: temporary file, fsync, rename, fsync of the folder."""

import os
from collections.abc import Callable
from pathlib import Path

TEMPORARY = ".tmp"
_FILE_MODE = 0o600


class DurableFiles:
    """`before_step` is called before each change on the disk. It may raise: the next run does the rest.

    Code that reads for long without a change calls it too. `sync` is fsync.
    """

    def __init__(
        self, before_step: Callable[[], object] = lambda: None, sync: Callable[[int], None] = os.fsync
    ) -> None:
        self.before_step = before_step
        self._sync_descriptor = sync

    def temporary(self, path: Path) -> Path:
        """Return the temporary path for a file: a new, empty file that only its owner may read."""
        self.before_step()
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + TEMPORARY)
        # A file of an interrupted run, or a link, through which another file would be written.
        temporary.unlink(missing_ok=True)
        temporary.touch(_FILE_MODE, exist_ok=False)
        temporary.chmod(_FILE_MODE)
        return temporary

    def publish(self, path: Path, temporary: Path | None = None) -> None:
        """Give a temporary file its name; by default that of `path`."""
        temporary = temporary or path.with_name(path.name + TEMPORARY)
        self.before_step()
        self._sync(temporary)
        self.before_step()
        temporary.replace(path)
        self.before_step()
        self._sync(path.parent)

    def write(self, path: Path, content: bytes) -> None:
        """Write a whole file, or replace it."""
        self.temporary(path).write_bytes(content)
        self.publish(path)

    def delete(self, path: Path) -> None:
        """Delete a file."""
        self.before_step()
        path.unlink()

    def _sync(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            self._sync_descriptor(descriptor)
        finally:
            os.close(descriptor)

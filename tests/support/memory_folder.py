"""Keeps the temporary files of a test run in memory: most tests commit to a file, and wait longest for the disk."""

import os
import shutil
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

_FOLDER = Path("/dev/shm")  # noqa: S108 - where Linux keeps files in memory
# Those of a whole run, several times.
_MIN_FREE_BYTES = 4 << 30
# Who names a folder keeps it. Workers of pytest-xdist inherit the one of the main process.
_NAMES = ("TMPDIR", "PYTEST_DEBUG_TEMPROOT")


def keep_temporary_files_in_memory(environment: MutableMapping[str, str]) -> None:
    """Let tests and their processes make temporary files in memory, where it has room and runs programs."""
    if any(name in environment for name in _NAMES) or not _is_suitable(_FOLDER):
        return
    environment["TMPDIR"] = str(_FOLDER)
    # It is read from the environment again.
    tempfile.tempdir = None


def _is_suitable(folder: Path) -> bool:
    return (
        folder.is_dir()
        and os.access(folder, os.W_OK)
        and not os.statvfs(folder).f_flag & os.ST_NOEXEC
        and shutil.disk_usage(folder).free >= _MIN_FREE_BYTES
    )

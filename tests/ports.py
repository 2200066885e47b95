"""Ports that nobody listens on, for a server that is started by its number and may be started again."""

import os
import random
import socket
from contextlib import closing, suppress

# Below those that Linux gives to connections that go out: one could else take the port of a server that is down.
_FIRST = 20_000
_EACH_WORKER = 1_000
_WORKERS = 12


def free_ports(count: int) -> list[int]:
    """So many, none of which another worker of pytest-xdist is given. Each has two free ones above it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST + worker * _EACH_WORKER
    found = []
    for port in random.sample(range(first, first + _EACH_WORKER - 2, 3), _EACH_WORKER // 3):
        if all(_is_free(port + behind) for behind in range(3)):
            found.append(port)
            if len(found) == count:
                return found
    raise RuntimeError(f"no {count} free ports from {first} on")


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _is_free(port: int) -> bool:
    with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
        return True
    return False

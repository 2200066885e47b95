"""Ports that nobody listens on, for a server that is started by its number and may be started again."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle, islice

# Below the ports that Linux gives to outgoing connections: such a connection could take the port of a stopped server.
# Two test runs at the same time on one machine need different ranges.
_FIRST = int(os.environ.get("SATUPINTU_TEST_FIRST_PORT", "20000"))
_EACH_WORKER = 1_000
_WORKERS = 12


def free_ports(count: int) -> list[int]:
    """So many, none of which another worker of pytest-xdist is given. Each has two free ones above it."""
    free = (port for port in islice(_turns, _EACH_WORKER // 3) if all(_is_free(port + behind) for behind in range(3)))
    found = list(islice(free, count))
    if len(found) < count:
        raise RuntimeError(f"no {count} free ports at {_FIRST} and above")
    return found


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _all_of_worker() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST + worker * _EACH_WORKER
    return cycle(random.sample(range(first, first + _EACH_WORKER - 2, 3), _EACH_WORKER // 3))


def _is_free(port: int) -> bool:
    with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
        return True
    return False


# Whoever was given one may not listen on it yet: the next is never the same, until all had their turn.
_turns = _all_of_worker()

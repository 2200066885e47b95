"""Free ports for servers that a test starts, stops and starts again."""

import os
import random
import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from itertools import cycle, islice

# Below the ports that Linux gives to outgoing connections: such a connection could take the port of a stopped server.
# Two test runs at the same time on one machine need different ranges.
_FIRST = int(os.environ.get("SATUPINTU_TEST_FIRST_PORT", "20000"))
_PORTS_PER_WORKER = 1_000
_WORKERS = 12


def free_ports(count: int) -> list[int]:
    """Return ports that no other worker of pytest-xdist gets. The next two above each are free too."""
    free = (
        port for port in islice(_ports, _PORTS_PER_WORKER // 3) if all(_is_free(port + offset) for offset in range(3))
    )
    ports = list(islice(free, count))
    if len(ports) < count:
        raise RuntimeError(f"no {count} free ports at {_FIRST} and above")
    return ports


def free_port() -> int:
    """Return a free port."""
    return free_ports(1)[0]


def _ports_of_worker() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first = _FIRST + worker * _PORTS_PER_WORKER
    return cycle(random.sample(range(first, first + _PORTS_PER_WORKER - 2, 3), _PORTS_PER_WORKER // 3))


def _is_free(port: int) -> bool:
    with suppress(OSError), closing(socket.create_server(("127.0.0.1", port))):
        return True
    return False


# The owner of a port may not listen on it yet. A port is given again only after all others.
_ports = _ports_of_worker()

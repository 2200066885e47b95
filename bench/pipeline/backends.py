"""The buses and databases that the service is measured on."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.bus.kafka.node import LIBS, Node
from tests.support.ports import free_port
from tests.support.postgresql import start_postgres

BusKind = Literal["local", "kafka"]
DatabaseKind = Literal["sqlite", "postgresql"]


@dataclass(frozen=True, slots=True)
class Backend:
    """A bus and a database for one service with an empty data folder.

    `settings` are those of the service by name. `servers` are the main processes of broker and database by name.
    """

    name: str
    settings: Mapping[str, str]
    servers: Mapping[str, int]


@contextmanager
def running_backend(bus: BusKind, database: DatabaseKind) -> Iterator[Backend]:
    """Start a broker and a database server, if they are asked for. Both end with the block, and their data goes."""
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="satupintu-bench-"))
        settings = {"home": home, "bus": bus, "log_level": "warning"}
        settings |= {"port": str(free_port()), "desk_port": str(free_port())}
        settings["x_base_url"] = f"http://127.0.0.1:{free_port()}"
        servers = {}
        if bus == "kafka":
            node = Node()
            stack.callback(node.close)
            node.start()
            settings["kafka_bootstrap"] = node.bootstrap
            servers["broker"] = node.pid
        if database == "postgresql":
            # A folder of its own: the service's is private, and PostgreSQL runs as another user.
            data = stack.enter_context(tempfile.TemporaryDirectory(prefix="satupintu-bench-postgresql-"))
            server = start_postgres(Path(data))
            stack.callback(server.cleanup)
            settings["database_url"] = server.get_uri()
            servers["PostgreSQL"] = int((Path(data) / "postmaster.pid").read_text().split()[0])
        yield Backend(f"{bus}, {database}", settings, servers)


def kafka_is_installed() -> bool:
    """Return whether `make kafka` has fetched the broker."""
    return any(LIBS.glob("kafka_*.jar"))

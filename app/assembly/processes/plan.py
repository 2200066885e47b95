"""Plan of the processes of one machine: the stages of each, its settings, and the socket of its operations' port."""

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.assembly.processes.liveness import Address
from config.settings import Settings, reachable_host

# The stages of each process. A process costs about 60 MB at rest, so light stages share one. `ingest` and `desk` have
# one public port. The monitor stays apart: its audit reads everything.
STAGES_BY_PROCESS: Mapping[str, Sequence[str]] = {
    "doors": ("ingest", "desk"),
    "normalize": ("normalize",),
    "router": ("router",),
    "sinks": ("cases", "sinks", "oversight"),
    "monitor": ("monitor",),
}
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class PlannedProcess:
    """One process. `ops_socket` listens on its operations' port; without one it opens the port of its settings.

    The socket stays open while the process is started again: its address is the same for the whole run.
    """

    name: str
    stages: Sequence[str]
    settings: Settings
    ops_socket: socket.socket | None

    @property
    def live_addresses(self) -> Sequence[Address]:
        """Host and port of each address at which the process answers `/live`: its operations' port, and the doors'."""
        settings = self.settings
        addresses = [(reachable_host(settings.ops_host), settings.ops_port_of(self.stages))]
        if "ingest" in self.stages:
            addresses.append((reachable_host(settings.host), settings.port))
        return addresses


def plan_processes(settings: Settings) -> Sequence[PlannedProcess]:
    """Return the processes for these settings.

    The monitor has the operations' port of the settings, and watches all processes. The others have a free port on
    loopback.
    """
    sockets = {name: socket.create_server((_LOOPBACK, 0)) for name in STAGES_BY_PROCESS if name != "monitor"}
    ports = {name: ops_socket.getsockname()[1] for name, ops_socket in sockets.items()}
    addresses = [*settings.peers, *(f"http://{_LOOPBACK}:{port}" for port in ports.values())]
    return [
        PlannedProcess(name, stages, _settings_of(settings, name, addresses, ports.get(name)), sockets.get(name))
        for name, stages in STAGES_BY_PROCESS.items()
    ]


def _settings_of(settings: Settings, name: str, addresses: Sequence[str], port: int | None) -> Settings:
    """Return the settings of one process, as an operator would write them for a process that is started alone."""
    own_port = {"ops_host": _LOOPBACK, "ops_port": port} if port else {}
    update = {"instance": f"{settings.instance}-{name}", "ops_peers": list(addresses), **own_port}
    return settings.model_copy(update=update)

"""The ports of a process: it opens all of them before anything else of it begins."""

import socket
from collections.abc import Collection, Mapping
from contextlib import ExitStack

from bus.errors import Stop
from config.settings import Settings

# Connections that wait until the process serves.
_WAITING_CONNECTIONS = 2048


def listen_addresses(settings: Settings, stages: Collection[str]) -> Mapping[str, tuple[str, int]]:
    """Return the host and the number of each port of a process with these stages, by the setting that names it."""
    addresses = {}
    if "ingest" in stages or ("desk" in stages and not settings.desk_port):
        addresses["PORT"] = (settings.host, settings.port)
    if "desk" in stages and settings.desk_port:
        addresses["DESK_PORT"] = (settings.host, settings.desk_port)
    if port := settings.ops_port_of(stages):
        addresses["OPS_PORT"] = (settings.ops_host, port)
    return addresses


def open_ports(addresses: Mapping[str, tuple[str, int]]) -> Mapping[str, socket.socket]:
    """Return a listening socket for each address, by its setting. Raises `Stop` if one cannot be had."""
    with ExitStack() as opened:
        sockets = {
            setting: opened.enter_context(open_port(setting, host, port)) for setting, (host, port) in addresses.items()
        }
        opened.pop_all()
    return sockets


def open_port(setting: str, host: str, port: int) -> socket.socket:
    """Return a socket that listens at this address. Raises `Stop` with the cause and the setting."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_WAITING_CONNECTIONS)
    except OSError as error:
        fix = f"is the service running already? Otherwise set SATUPINTU_{setting} to another port"
        raise Stop(f"port {port}: {error.strerror}; {fix}") from error

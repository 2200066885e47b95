"""What must be true before the service starts: each finding names what is wrong and how to mend it."""

import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.assembly.parts import Parts
from bus.errors import Stop

# What Apache Kafka allows in a topic's name; the local bus follows, so that a registry fits both.
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_PING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    says: str


def findings(parts: Parts) -> list[Finding]:
    """Everything that was looked at, in the order of a start."""
    looks: dict[str, Callable[[Parts], str]] = {
        "data folder": _data_folder,
        "agencies and rules": _registry,
        "topics": _topics,
        "replies": _replies,
        "database": _database,
        "bus": _bus,
    }
    return [_look(what, look, parts) for what, look in looks.items()]


def must_pass(parts: Parts, *, without_bus: bool = False) -> None:
    """Raises `Stop` with every fault, if there is any. `without_bus`: doors open while the bus is away."""
    faults = [found for found in findings(parts) if not found.ok]
    if faults := [found for found in faults if not (without_bus and found.what == "bus")]:
        raise Stop("\n".join(f"{fault.what}: {fault.says}" for fault in faults))


def ports_must_be_free(parts: Parts, stages: Collection[str]) -> None:
    """Raises `Stop` where a port could not be had; not a finding, for a service that runs holds its own ports."""
    settings = parts.settings
    wanted = []
    if "ingest" in stages:
        wanted += [("PORT", settings.host, settings.port)]
        wanted += [("PORT", settings.host, settings.port + 1)] if settings.practice_x else []
    if port := settings.ops_port_of(stages):
        wanted += [("OPS_PORT", settings.ops_host, port)]
    for name, host, port in wanted:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                mend = f"is the service running already? Else set SATUPINTU_{name} to another"
                raise Stop(f"port {port}: {error.strerror}; {mend}") from error


def _look(what: str, look: Callable[[Parts], str], parts: Parts) -> Finding:
    try:
        return Finding(what, ok=True, says=look(parts))
    except Exception as error:  # noqa: BLE001 - a check that fails in any way is a finding
        return Finding(what, ok=False, says=str(error) or type(error).__name__)


def _data_folder(parts: Parts) -> str:
    _ = parts.secrets
    return str(parts.settings.home.resolve())


def _registry(parts: Parts) -> str:
    rules = parts.rules
    rows = f"{len(rules.competence.rows)} rows of competence, {len(rules.topics.cues)} of topics"
    return f"{len(rules.registry.agencies)} agencies, {rows}, version {rules.version}"


def _topics(parts: Parts) -> str:
    wrong = [topic.name for topic in parts.topics if not _TOPIC.fullmatch(topic.name)]
    if wrong:
        raise Stop(f"not a topic name: {', '.join(wrong)}; change the agency's code in agencies.csv")
    return f"{len(parts.topics)} resolve"


def _replies(parts: Parts) -> str:
    ways = {
        channel.facts.name: channel.replies.provider(parts)
        for channel in parts.installed_channels
        if channel.facts.gets_replies
    }
    return ", ".join(f"{channel} {'by ' + type(way).__name__ if way else 'none'}" for channel, way in ways.items())


def _database(parts: Parts) -> str:
    parts.ask_database()
    return parts.engine.dialect.name


def _bus(parts: Parts) -> str:
    parts.bus.ping(_PING_SECONDS)
    return parts.settings.bus

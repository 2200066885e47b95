"""Checks before the service starts. Each finding says what is wrong and how to fix it."""

import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass

from app.assembly.parts import Parts
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable

# Topic names that Apache Kafka allows. The local bus has the same limit, so that a registry fits both.
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_PING_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check. `text` describes what was checked, or the fault.

    `is_away`: a dependency cannot be reached now. The service can start, and waits for it.
    """

    name: str
    ok: bool
    text: str
    is_away: bool = False


def check_all(parts: Parts) -> list[Finding]:
    """Return the finding of every check, in the order of a start."""
    checks: dict[str, Callable[[Parts], str]] = {
        "data folder": _check_data_folder,
        "agencies and rules": _check_registry,
        "topics": _check_topics,
        "replies": _check_replies,
        "database": _check_database,
        "bus": _check_bus,
    }
    return [_run_check(name, check, parts) for name, check in checks.items()]


def must_pass(parts: Parts, *, with_doors: bool = False) -> None:
    """Raise `Stop` with every fault that only a person can end, if there is any.

    A dependency that is away is no such fault. `with_doors`: a bus that refuses us is none either, because the doors
    store accepted messages in their spool.
    """
    faults = [finding for finding in check_all(parts) if not (finding.ok or finding.is_away)]
    if blocking := [finding for finding in faults if not (with_doors and finding.name == "bus")]:
        raise Stop("\n".join(f"{finding.name}: {finding.text}" for finding in blocking))


def ports_must_be_free(parts: Parts, stages: Collection[str]) -> None:
    """Raise `Stop` if a port is in use. This is no finding, for a running service holds its own ports."""
    for setting, host, port in _ports(parts, stages):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                fix = f"is the service running already? Otherwise set SATUPINTU_{setting} to another port"
                raise Stop(f"port {port}: {error.strerror}; {fix}") from error


def _ports(parts: Parts, stages: Collection[str]) -> list[tuple[str, str, int]]:
    """Return the setting, the host and the number of each port that a process with these stages listens on."""
    settings = parts.settings
    ports = []
    if "ingest" in stages:
        ports += [("PORT", settings.host, settings.port)]
        ports += [("PORT", settings.host, settings.port + 1)] if settings.practice_x else []
    if port := settings.ops_port_of(stages):
        ports += [("OPS_PORT", settings.ops_host, port)]
    return ports


def _run_check(name: str, check: Callable[[Parts], str], parts: Parts) -> Finding:
    try:
        return Finding(name, ok=True, text=check(parts))
    except (Retry, DatabaseUnavailable) as error:
        return Finding(name, ok=False, text=str(error), is_away=True)
    except Exception as error:  # noqa: BLE001 - a check that fails in any way is a finding
        return Finding(name, ok=False, text=str(error) or type(error).__name__)


def _check_data_folder(parts: Parts) -> str:
    _ = parts.secrets
    return str(parts.settings.home.resolve())


def _check_registry(parts: Parts) -> str:
    rules = parts.rules
    rows = f"{len(rules.competence.rows)} rows of competence, {len(rules.topics.cues)} of topics"
    return f"{len(rules.registry.agencies)} agencies, {rows}, version {rules.version}"


def _check_topics(parts: Parts) -> str:
    invalid = [topic.name for topic in parts.topics if not _TOPIC.fullmatch(topic.name)]
    if invalid:
        raise Stop(f"not a topic name: {', '.join(invalid)}; change the agency's code in agencies.csv")
    return f"{len(parts.topics)} resolve"


def _check_replies(parts: Parts) -> str:
    providers = {
        channel.facts.name: channel.replies.provider(parts)
        for channel in parts.installed_channels
        if channel.facts.gets_replies
    }
    return ", ".join(
        f"{channel} by {type(provider).__name__}" if provider else f"{channel} none"
        for channel, provider in providers.items()
    )


def _check_database(parts: Parts) -> str:
    parts.ask_database()
    return parts.engine.dialect.name


def _check_bus(parts: Parts) -> str:
    parts.bus.ping(_PING_SECONDS)
    return parts.settings.bus

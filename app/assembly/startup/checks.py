"""Checks before the service starts. Each finding says what is wrong and how to fix it."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from difflib import get_close_matches

import structlog
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from app.assembly.parts import Parts
from app.assembly.processes.batch_pauses import DEFAULT_MILLISECONDS
from app.assembly.processes.plan import STAGES_BY_PROCESS
from app.assembly.startup.broker_faults import broker_faults
from app.assembly.startup.ports import listen_addresses, open_port
from bus.errors import Retry, Stop
from config.database import DatabaseUnavailable, read_transaction
from config.settings import Settings, given_names, unknown_names
from desk.api.keys.rate_limits import AGENCY_RATES
from ingest.http.admission import ADDRESS_RATES
from privacy.service_keys import known_keys, must_be_known
from router.partitions import RoutedPartition, read_next_offsets

# Topic names that Apache Kafka allows. The local bus has the same limit, so that a registry fits both.
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")
_PING_SECONDS = 10.0

_log = structlog.get_logger()
_YOUNGER_BUS = (
    "The bus is younger than the database: it was made again, or is an older copy. What it had not delivered is lost "
    "to this service, and new reports are processed as always. Stop the service and bring back the bus of the same "
    "moment (satupintu backup restore, or the broker's own copy), or go on: then satupintu audit --full names what is "
    "on no topic any more"
)
# `reserved_connections` exists since PostgreSQL 16.
_CONNECTION_LIMITS = """
SELECT current_setting('max_connections')::int AS most,
    current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true), '0')::int AS reserved
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check. `text` describes what was checked, or the fault.

    `is_away`: a dependency cannot be reached now. The service can start, and waits for it.
    """

    name: str
    ok: bool
    text: str
    is_away: bool = False


def check_all(parts: Parts) -> Iterator[Finding]:
    """Yield the finding of every check, in the order of a start."""
    for name, check in {**_START_CHECKS, **_CLUSTER_CHECKS}.items():
        yield _run_check(name, check, parts)


def must_pass(parts: Parts, *, with_doors: bool = False) -> None:
    """Raise `Stop` with every fault that only a person can end, if there is any.

    A dependency that is away is no such fault. `with_doors`: a bus that refuses us is none either, because the doors
    store accepted messages in their spool.
    """
    findings = [_run_check(name, check, parts) for name, check in _START_CHECKS.items()]
    faults = [finding for finding in findings if not (finding.ok or finding.is_away)]
    if blocking := [finding for finding in faults if not (with_doors and finding.name == "bus")]:
        raise Stop("\n".join(f"{finding.name}: {finding.text}" for finding in blocking))


def warn_of_younger_bus(parts: Parts) -> None:
    """Log the fault if the bus lacks records that were routed. It does not prevent a start."""
    finding = _run_check("bus and database", _check_bus_age, parts)
    if not (finding.ok or finding.is_away):
        _log.error("bus.younger_than_database", cause=finding.text)


def warn_of_unknown_settings() -> None:
    """Log each variable that begins as settings do, and is none. It does not prevent a start."""
    for name in unknown_names(given_names()):
        _log.warning("setting.unknown", variable=name)


def ports_must_be_free(parts: Parts, stages: Collection[str]) -> None:
    """Raise `Stop` if a port is in use, or if two settings name it.

    This is no finding, for a running service holds its own ports.
    """
    settings = parts.settings
    with ExitStack() as probes:
        for setting, (host, port) in listen_addresses(settings, stages).items():
            probes.enter_context(open_port(setting, host, port))
        if "ingest" in stages and settings.practice_x:
            probes.enter_context(open_port("PORT", settings.host, settings.port + 1))


def _run_check(name: str, check: Callable[[Parts], str], parts: Parts) -> Finding:
    try:
        return Finding(name, ok=True, text=check(parts))
    except (Retry, DatabaseUnavailable) as error:
        return Finding(name, ok=False, text=str(error), is_away=True)
    except Exception as error:  # noqa: BLE001 - a check that fails in any way is a finding
        return Finding(name, ok=False, text=str(error) or type(error).__name__)


def _check_data_folder(parts: Parts) -> str:
    _ = parts.secrets
    _ = parts.keys.root_keys
    return str(parts.settings.home.resolve())


def _check_registry(parts: Parts) -> str:
    rules = parts.tables.rules
    rows = f"{len(rules.competence.rows)} rows of competence, {len(rules.topics.cues)} of topics"
    return f"{len(rules.registry.agencies)} agencies, {rows}, version {rules.version}"


def _check_retention(parts: Parts) -> str:
    return f"{len(parts.tables.retention.rows)} classes of data"


def _check_escalation(parts: Parts) -> str:
    return f"{len(parts.tables.escalation.rules)} rules"


def _check_topics(parts: Parts) -> str:
    invalid = [topic.name for topic in parts.topics if not _TOPIC.fullmatch(topic.name)]
    if invalid:
        raise Stop(f"not a topic name: {', '.join(invalid)}; change the agency's code in agencies.csv")
    return f"{len(parts.topics)} resolve"


def _check_replies(parts: Parts) -> str:
    providers = {
        channel.facts.name: channel.replies.provider(parts.doors)
        for channel in parts.installed_channels
        if channel.facts.gets_replies
    }
    return ", ".join(
        f"{channel} by {type(provider).__name__}" if provider else f"{channel} none"
        for channel, provider in providers.items()
    )


def _check_rates(parts: Parts) -> str:
    names = [*parts.channels.rates, *ADDRESS_RATES, *AGENCY_RATES]
    if unknown := sorted(parts.settings.rates.keys() - set(names)):
        raise Stop(f"SATUPINTU_RATES: there is no door {', '.join(unknown)}; the names are {', '.join(names)}")
    return f"{len(parts.settings.rates)} of {len(names)} set"


def _check_batch_pauses(parts: Parts) -> str:
    pauses = parts.settings.batch_pauses
    if unknown := sorted(pauses.keys() - DEFAULT_MILLISECONDS.keys()):
        names = ", ".join(DEFAULT_MILLISECONDS)
        raise Stop(f"SATUPINTU_BATCH_PAUSES: there is no group {', '.join(unknown)}; the names are {names}")
    return f"{len(pauses)} of {len(DEFAULT_MILLISECONDS)} set"


def _check_database(parts: Parts) -> str:
    address = _database_address(parts)
    try:
        parts.core.ask_database()
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(f"{address}: {_driver_text(error)}") from error
    return address


def _database_address(parts: Parts) -> str:
    """Return the kind of the database and its host or file, without user and password."""
    url = parts.engine.url
    if parts.engine.dialect.name == "sqlite":
        return f"sqlite {url.database}"
    host = url.host or url.query.get("host", "the local socket")
    return f"{parts.engine.dialect.name} {host}{f':{url.port}' if url.port else ''}"


def _driver_text(error: DatabaseUnavailable) -> str:
    """Return the driver's own text in one line. It names host, port and cause, and no row of ours."""
    cause = error.__cause__
    return " ".join(str(cause.orig).split()) if isinstance(cause, DBAPIError) else str(error)


def _check_secret_key(parts: Parts) -> str:
    key_ids = known_keys(parts.engine)
    must_be_known(key_ids, parts.keys.own_key_id)
    return f"{parts.keys.own_key_id} {'is that of the database' if key_ids else 'will be that of the database'}"


def _check_bus(parts: Parts) -> str:
    try:
        parts.bus.ping(_PING_SECONDS)
    except (Retry, Stop) as error:
        text = broker_faults(parts.settings, error) if parts.settings.kafka_bootstrap else str(error)
        raise (Retry if isinstance(error, Retry) else Stop)(text) from error
    return f"{parts.settings.bus} {parts.settings.kafka_bootstrap}".rstrip()


def _check_setting_names(_parts: Parts) -> str:
    if unknown := unknown_names(given_names()):
        setting_names = [f"SATUPINTU_{name.upper()}" for name in Settings.model_fields]
        likely = [get_close_matches(name, setting_names, 1) for name in unknown]
        names = [
            f"{name}{f' (is it {match[0]}?)' if match else ''}" for name, match in zip(unknown, likely, strict=True)
        ]
        raise Stop(f"there is no setting {', '.join(names)}")
    return "all known"


def _check_copies(parts: Parts) -> str:
    if differences := parts.bus.differences(parts.service_topics.specs):
        raise Stop("; ".join(differences))
    return "as asked for"


def _check_bus_age(parts: Parts) -> str:
    """Compare the ends of the partitions with the records that the router has routed."""
    with read_transaction(parts.engine) as connection:
        if not inspect(connection).has_table(str(RoutedPartition.__tablename__)):
            return "nothing was routed yet"
        routed = read_next_offsets(connection)
    with closing(parts.bus.reader()) as reader:
        ranges = reader.offset_ranges(sorted({partition.topic for partition in routed}))
    ends = {partition: offsets.end for partition, offsets in ranges.items()}
    lost = [
        f"{partition.topic}/{partition.number} ends at offset {ends.get(partition, 0)}, routed up to {next_offset}"
        for partition, next_offset in sorted(routed.items())
        if ends.get(partition, 0) < next_offset
    ]
    if lost:
        raise Stop(f"{'; '.join(lost)}. {_YOUNGER_BUS}")
    return f"{len(routed)} partitions have what was routed"


def _check_connections(parts: Parts) -> str:
    """Compare the connections of all processes with those that PostgreSQL has for us."""
    if parts.engine.dialect.name != "postgresql":
        return "no limit"
    with read_transaction(parts.engine) as connection:
        limits = connection.execute(text(_CONNECTION_LIMITS)).one()
    settings = parts.settings
    # Without named processes the service is that of `satupintu run`.
    processes = len(settings.peers) if settings.ops_peers else len(STAGES_BY_PROCESS)
    per_process = settings.database_connections
    needed, available = processes * per_process, limits.most - limits.reserved
    sum_text = (
        f"{processes} processes (SATUPINTU_OPS_PEERS) with {per_process} connections each "
        f"(SATUPINTU_DATABASE_CONNECTIONS) need {needed}, PostgreSQL has {available}"
    )
    if needed > available:
        raise Stop(f"{sum_text}: raise its max_connections, or set fewer")
    return sum_text


# Checks before a start. A fault among them prevents it.
_START_CHECKS: dict[str, Callable[[Parts], str]] = {
    "data folder": _check_data_folder,
    "agencies and rules": _check_registry,
    "retention": _check_retention,
    "escalation": _check_escalation,
    "topics": _check_topics,
    "rates": _check_rates,
    "batch pauses": _check_batch_pauses,
    "replies": _check_replies,
    "database": _check_database,
    "secret key": _check_secret_key,
    "bus": _check_bus,
}
# Checks of what belongs to all processes together. A process with such a fault still works, so it starts.
_CLUSTER_CHECKS: dict[str, Callable[[Parts], str]] = {
    "setting names": _check_setting_names,
    "existing topics": _check_copies,
    "bus and database": _check_bus_age,
    "connections": _check_connections,
}

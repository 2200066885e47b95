"""Assembles the collector of snapshots, for the monitor and for the command line."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.assembly.derivation_names import derivation_names
from app.assembly.parts import Parts
from app.assembly.processes.address_file import watched_addresses
from cases.derivations.position import read_lags
from config.database import read_transaction
from desk.acts.openings import read_unopened_dangers
from desk.webhooks.switched_off import count_switched_off
from monitor.process_probe import ProcessProbe
from monitor.snapshot import Backlog, QueueState, StageState
from monitor.snapshot_collector import SnapshotCollector
from sinks.ledger.counts.queue_counts import read_queues

# Greatest age of the queue counts where snapshots are repeated: a read takes tens of milliseconds for all agencies.
_QUEUES_SECONDS = 30.0
# The stage in whose processes the derivations run, and the log that they follow.
_CASES, _LOG = "cases", "case_log"


def snapshot_collector(parts: Parts, *, repeated: bool = False) -> SnapshotCollector:
    """Return a collector for the service of these settings; `repeated`: it collects every few seconds."""
    return SnapshotCollector(
        parts.bus.reader,
        parts.service_topics.watched,
        parts.channels.names,
        lambda now: _queues(parts, now),
        lambda: _dangers(parts),
        lambda: _derivations(parts),
        lambda: _count_webhooks_off(parts),
        ProcessProbe(watched_addresses(parts.settings), parts.now, parts.clock.monotonic, parts.threads.pool),
        parts.now,
        parts.clock.monotonic,
        _QUEUES_SECONDS if repeated else 0.0,
    )


def _count_webhooks_off(parts: Parts) -> int:
    with read_transaction(parts.engine) as connection:
        return count_switched_off(connection)


def _derivations(parts: Parts) -> Sequence[StageState]:
    """Return each derivation as a stage: what it waits for are entries of the log of facts."""
    with read_transaction(parts.engine) as connection:
        return [
            StageState(
                stage=f"cases:{lag.name}",
                members=(_CASES,),
                topics={_LOG: Backlog(many=lag.waiting, oldest=lag.waiting_since)} if lag.waiting else {},
            )
            for lag in read_lags(connection, derivation_names(parts.settings))
        ]


def _dangers(parts: Parts) -> Sequence[QueueState]:
    names = _agency_names(parts)
    with read_transaction(parts.engine) as connection:
        return [
            QueueState(
                agency=unopened.agency,
                name=names.get(unopened.agency, unopened.agency),
                waiting=Backlog(many=unopened.cases, oldest=unopened.oldest),
            )
            for unopened in read_unopened_dangers(connection)
        ]


def _agency_names(parts: Parts) -> Mapping[str, str]:
    return {code: agency.name for code, agency in parts.registry.agencies.items()}


def _queues(parts: Parts, now: datetime) -> Sequence[QueueState]:
    names = _agency_names(parts)
    parts.core.database_ping()
    with read_transaction(parts.engine) as connection:
        return [
            QueueState(
                agency=queue.agency,
                name=names.get(queue.agency, queue.agency),
                waiting=Backlog(many=queue.cases, oldest=queue.oldest),
                overdue=queue.overdue,
            )
            for queue in read_queues(connection, now)
        ]

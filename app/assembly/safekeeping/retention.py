"""Assembles the purge of all data whose retention has ended, and its nightly run."""

import threading
from contextlib import closing
from datetime import datetime, timedelta

from app.assembly.parts import Parts
from app.operations.purge import Purge, PurgeReport
from app.operations.retention.retention import Retention
from app.operations.retention.schedule import RetentionSchedule
from monitor.consumer_lag import unprocessed_topic
from monitor.process_probe import ProcessProbe
from sinks.archive.durable_files import DurableFiles
from sinks.archive.expiry import delete_days
from sinks.archive.manifest import JAKARTA

_ACTOR = "satu-pintu"
# Stages through which the steps of a case come into the ledger.
_STEP_GROUPS = ("normalize", "router", "cases")


def retention(parts: Parts, *, dry: bool) -> Retention:
    """Return what applies the retention table. Raises `TableError`."""

    def unprocessed_steps(moment: datetime) -> str:
        with closing(parts.bus.reader()) as reader:
            for group in _STEP_GROUPS:
                names = parts.consumer_groups[group].topics_with(parts.queues)
                if topic := unprocessed_topic(reader, group, names, moment):
                    return f"{group} has not processed all of {topic}"
        return ""

    def expire_records() -> None:
        if parts.settings.bus == "local":
            parts.ensure_topics()

    settings = parts.settings
    # Without named processes only this host is known, and its spool is read directly.
    addresses = settings.peers if settings.ops_peers else ()
    probe = ProcessProbe(addresses, parts.now, parts.clock.monotonic, parts.threads.pool)
    max_reply_age = timedelta(days=settings.replies_days)
    door_data = Purge(
        parts.engine, parts.bus, parts.doors.spool, parts.channels.names, max_reply_age, probe.probe_all, dry=dry
    )
    purge_archive = None
    if folder := settings.archive_folder:
        kept_topics = [topic.name for topic in parts.topics if topic.compacted]

        def purge_archive(before: datetime) -> int:
            return delete_days(folder, before.astimezone(JAKARTA).date(), kept_topics, DurableFiles(), dry=dry)

    statuses = parts.ledger.statuses
    return Retention(
        parts.engine,
        parts.keys.key_engine,
        parts.tables.retention,
        statuses,
        door_data,
        purge_archive,
        unprocessed_steps,
        expire_records,
        dry,
    )


def retention_schedule(parts: Parts, stopping: threading.Event) -> RetentionSchedule:
    """Return the nightly purge. Each run is recorded in the audit log."""

    def apply() -> PurgeReport:
        now = parts.now()
        purge = retention(parts, dry=False)
        parts.audit_log.append("purge", "retention", _ACTOR, "retention.csv", now)
        return purge.apply(now)

    return RetentionSchedule(apply, parts.now, stopping)

"""What a process with the monitor runs."""

import threading
from collections.abc import Callable, Iterable

from app.assembly.monitoring import snapshot_collector
from app.assembly.parts import Parts
from app.operations.audit.log import AuditHeadSchedule
from monitor.audit.schedule import AuditSchedule
from monitor.monitor_loop import MonitorLoop
from monitor.snapshot_collector import SnapshotCollector

# Pause before an audit that found differences is repeated. Every stage has processed its backlog of then by then.
_REPEAT_AUDIT_SECONDS = 60.0
# Pause between two heads of the audit log on the bus, besides the one of each row.
_AUDIT_HEAD_SECONDS = 3_600.0


def monitor_loop(parts: Parts, collector: SnapshotCollector, stopping: threading.Event) -> MonitorLoop:
    """Return the loop that takes a snapshot every few seconds."""
    return MonitorLoop(collector.collect, parts.channels, stopping, parts.settings.ops_seconds)


def collector(parts: Parts) -> SnapshotCollector:
    """Return what takes the snapshots."""
    return snapshot_collector(parts, repeated=True)


def audit_threads(
    parts: Parts, collector: SnapshotCollector, stopping: threading.Event
) -> Iterable[tuple[str, Callable[[], None]]]:
    """Yield the audits, with the names of the threads. They wait for nothing."""
    if minutes := parts.settings.audit_minutes:
        record = collector.record_audit
        yield "audit", AuditSchedule(parts.audit, record, stopping, minutes * 60, _REPEAT_AUDIT_SECONDS).run
    yield "audit-heads", AuditHeadSchedule(parts.audit_log, stopping, parts.now, _AUDIT_HEAD_SECONDS).run

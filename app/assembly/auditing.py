"""The audit of the whole service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.assembly.core import Core
from app.assembly.doors.parts import DoorParts
from app.assembly.service_topics import ServiceTopics

if TYPE_CHECKING:
    from monitor.audit.audit import Audit, ProgressReport

# What the audit has read, in the data folder.
_AUDIT_FILE = "audit.db"


class Auditing:
    """Audits the topics, the ledger, and the messages that the doors of this host have not published yet."""

    def __init__(self, core: Core, topics: ServiceTopics, doors: DoorParts) -> None:
        self._core = core
        self._topics = topics
        self._doors = doors

    def run(self, *, full: bool = False, progress: ProgressReport | None = None) -> Audit:
        """Return an audit.

        `full`: it reads everything, and not only what is new since the audit before. `progress` is called now and then
        while it reads. The unpublished messages are counted first: one that is published meanwhile counts twice as
        pending, and is not missed.
        """
        from app.assembly.queues import existing_queues
        from monitor.audit.auditor import Auditor
        from router.audited_router import SqlRouter
        from sinks.ledger.audited_ledger import SqlLedger

        unpublished = len(self._doors.spool) + self._doors.spool.rejected_count + self._doors.sms_parts.count_waiting()
        reader, now = self._core.bus.reader(), self._core.now()
        try:
            horizon = now - timedelta(days=min(topic.retention for topic in self._topics.all))
            ledger, router = SqlLedger(self._core.engine), SqlRouter(self._core.engine)
            queues, path = existing_queues(reader), self._core.settings.home / _AUDIT_FILE
            auditor = Auditor(reader, self._core.channels.names, queues, ledger, router, horizon, path, progress)
            audit = auditor.run(now, full=full)
        finally:
            reader.close()
        audit.accepted += unpublished
        audit.pending += unpublished
        return audit

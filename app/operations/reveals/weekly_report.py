"""Reports the reveals of each week: an event for each account on `oversight`, and a mail to the protection officer.

The audit log has a row for each reported week. A process that ends before the row is written reports the week again:
the events have the same ids, and the mail the same Message-ID.
"""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5
from zoneinfo import ZoneInfo

import structlog

from accounts.permissions import person_name
from app.operations.audit.log import AuditLog
from app.operations.reveals.listing import count_by_account, read_reveals
from app.operations.staff_events import SOURCE
from bus.errors import Reject, Retry, Stop
from bus.port import Bus, Outgoing
from config.database import DatabaseUnavailable
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT

REPORT_ACTION: Final = "reveals.report"
_REPORTER = "satu-pintu"
_ZONE = ZoneInfo("Asia/Jakarta")
_WEEK = timedelta(days=7)
# A week is reported by the monitor that runs then, or by one that starts up to a week later.
_PAUSE_SECONDS = 3600

# Counts of each account by kind of data.
Counts = Mapping[str, Mapping[str, int]]
# Sends the report of a week to the protection officer; `False` if it was not sent and must be tried again.
SendReport = Callable[[str, Counts], bool]

_log = structlog.get_logger()


class WeeklyRevealReport:
    """Reports the last whole week (Monday to Sunday, WIB) once. Runs in its own thread of the monitor."""

    def __init__(
        self,
        audit_log: AuditLog,
        bus: Bus,
        send: SendReport,
        now: Callable[[], datetime],
        stopping: threading.Event,
    ) -> None:
        self._audit_log = audit_log
        self._bus = bus
        self._send = send
        self._now = now
        self._stopping = stopping

    def run(self) -> None:
        """Work until the process is asked to stop."""
        while not self._stopping.is_set():
            self.step()
            self._stopping.wait(_PAUSE_SECONDS)

    def step(self) -> None:
        """Report the last week, if nobody has. If a dependency is away, try again at the next step."""
        try:
            self._report()
        except (Retry, Reject, Stop, DatabaseUnavailable) as error:
            _log.warning("reveals.report_postponed", cause=str(error))

    def _report(self) -> None:
        at = self._now()
        begin, end = last_week(at)
        week = begin.strftime("%G-W%V")
        with self._audit_log.rows(end) as rows:
            if any(row.act.action == REPORT_ACTION and row.act.subject == week for row in rows):
                return
        counts = count_by_account(read_reveals(self._audit_log, begin, end))
        events = [count_event(week, account, by_kind, at) for account, by_kind in sorted(counts.items())]
        if events:
            with closing(self._bus.producer()) as producer:
                producer.publish(events)
        if not self._send(week, counts):
            _log.warning("reveals.report_postponed", cause="mail")
            return
        self._audit_log.append(REPORT_ACTION, week, _REPORTER, f"{len(counts)} accounts", at)
        _log.info("reveals.reported", week=week, accounts=len(counts))


def last_week(at: datetime) -> tuple[datetime, datetime]:
    """Return the begin and the end of the last whole week in WIB, from Monday to Monday."""
    today = at.astimezone(_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    end = today - timedelta(days=today.weekday())
    return end - _WEEK, end


def count_event(week: str, account: str, by_kind: Mapping[str, int], at: datetime) -> Outgoing:
    """Return the event with the counts of one account. Its id follows from week and account."""
    subject = week_subject(week, account)
    event = OversightEvent(
        id=ids.event_id(subject, "reveals-counted"),
        message_id=subject,
        at=at,
        event="reveals-counted",
        subject=subject,
        reason=counts_text(by_kind),
        actor=person_name(account),
    )
    return Outgoing(OVERSIGHT, *codec.encode(event, str(subject), SOURCE))


def week_subject(week: str, account: str) -> UUID:
    """Return the id that stands for the reveals of an account in a week."""
    return uuid5(NAMESPACE_URL, f"reveals:{week}:{account}")


def counts_text(by_kind: Mapping[str, int]) -> str:
    """Return the counts as a code, such as `identity:3.message:1`."""
    return ".".join(f"{kind}:{count}" for kind, count in sorted(by_kind.items()))

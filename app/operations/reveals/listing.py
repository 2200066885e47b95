"""Lists the reveals in the audit log: who, role, reason, kind of data and case. Never the data."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.operations.audit.log import AuditLog
from app.operations.audit.rows import StaffAction
from messages.reveals import REVEALING_ACTIONS, read_reveal_subject
from messages.shapes import iso


@dataclass(frozen=True, slots=True)
class Reveal:
    """One reveal.

    `data` is `identity` (contact), `message` (quarantine), `record` (dead letter) or `case` (read by an overseer).
    """

    at: str
    actor: str
    role: str
    data: str
    case: str
    until: str
    why: str


def read_reveals(audit_log: AuditLog, since: datetime, until: datetime | None = None) -> list[Reveal]:
    """Return the reveals of a time, oldest first. Raises `DatabaseUnavailable`."""
    end = iso(until) if until else None
    with audit_log.rows(since) as rows:
        acts = (row.act for row in rows if row.act.action in REVEALING_ACTIONS)
        return [_reveal(act) for act in acts if end is None or act.at < end]


def count_by_account(reveals: Iterable[Reveal]) -> Mapping[str, Mapping[str, int]]:
    """Return the number of reveals of each account, by kind of data."""
    counts: dict[str, Counter[str]] = {}
    for reveal in reveals:
        counts.setdefault(reveal.actor, Counter())[reveal.data] += 1
    return counts


def _reveal(act: StaffAction) -> Reveal:
    subject = read_reveal_subject(act.subject)
    return Reveal(act.at, act.actor, subject.role, REVEALING_ACTIONS[act.action], subject.case, subject.until, act.why)

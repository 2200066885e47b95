"""Age limits of changes that an agency is notified of. Pure.

A change older than `NOTIFIED_AGE` comes from a replay or a long outage; the agency reads it by the programming
interface. A finished notification is kept longer than that: the same record, processed again, must find it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from desk.changes import CaseChange

NOTIFIED_AGE = timedelta(days=30)
# An e-mail tells of no older change: the digest counts its case.
MAILED_AGE = timedelta(days=1)
KEPT_AGE = timedelta(days=60)


def recent_changes(changes: Iterable[CaseChange], now: datetime) -> Iterator[CaseChange]:
    """Yield the changes that an agency is still notified of."""
    return (change for change in changes if change.at >= now - NOTIFIED_AGE)

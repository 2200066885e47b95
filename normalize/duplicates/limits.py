"""Limits of joins and suggestions, so that nobody draws the reports of others to a case or buries it in suggestions."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from normalize.duplicates.comparable import Comparable
from normalize.duplicates.store.earlier_complaints import EarlierComplaints
from normalize.duplicates.store.link_counts import LinkKind

# Joins and suggestions of this time count.
LIMIT_PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class DuplicateLimits:
    """Numbers of joins and suggestions in `LIMIT_PERIOD`. What is above a limit is a case of its own.

    Per sender: no citizen sees thirty broken roads in a month, or has ten reports that are perhaps those of others.
    Per case: a thousand citizens may report one flood, and the next thousand are a second case. Nothing proves the
    senders of a web form, so they count apart: a hundred copies by one person fill a part of a case, and proven senders
    still join it. Of suggestions a person reads each one: after fifty, more of them tell nothing new.
    """

    joins_of_sender: int = 30
    suggestions_of_sender: int = 10
    joins_of_case: int = 1_000
    unproven_joins_of_case: int = 100
    suggestions_of_case: int = 50
    unproven_suggestions_of_case: int = 20

    def of_sender(self, kind: LinkKind) -> int:
        """Return the limit of one sender."""
        return self.joins_of_sender if kind == "joins" else self.suggestions_of_sender

    def of_case(self, kind: LinkKind, *, unproven: bool = False) -> int:
        """Return the limit of one case; `unproven`: that of unproven senders."""
        if kind == "joins":
            return self.unproven_joins_of_case if unproven else self.joins_of_case
        return self.unproven_suggestions_of_case if unproven else self.suggestions_of_case


DEFAULT_LIMITS = DuplicateLimits()


@dataclass(frozen=True, slots=True)
class NewComplaint:
    """A complaint that is not decided yet.

    `claim` is the keyed hash of the address that an unproven sender gives; empty without one, or if proven.
    """

    complaint_id: UUID
    comparable: Comparable
    received_at: datetime
    claim: str = ""

    @property
    def is_proven(self) -> bool:
        """True if its sender is proven."""
        return bool(self.comparable.sender)


class ReachedLimit(NamedTuple):
    """A case, by its root, that has as many joins or suggestions as it may have."""

    root_id: UUID
    kind: LinkKind


def exceeds_sender_limit(
    limits: DuplicateLimits, earlier_complaints: EarlierComplaints, complaint: NewComplaint, kind: LinkKind
) -> bool:
    """Return whether the sender has as many joins or suggestions as one sender may have."""
    limit, since = limits.of_sender(kind), complaint.received_at - LIMIT_PERIOD
    sender = complaint.comparable.sender
    return earlier_complaints.counts.of_sender(kind, sender, complaint.claim, since, limit) >= limit


def exceeds_case_limit(
    limits: DuplicateLimits,
    earlier_complaints: EarlierComplaints,
    complaint: NewComplaint,
    kind: LinkKind,
    root_id: UUID,
) -> bool:
    """Return whether a case has as many joins or suggestions as it may have from such a sender."""
    since = complaint.received_at - LIMIT_PERIOD
    counts, limit = earlier_complaints.counts, limits.of_case(kind)
    if counts.of_case(kind, root_id, since, limit) >= limit:
        return True
    if complaint.is_proven:
        return False
    limit = limits.of_case(kind, unproven=True)
    return counts.of_case(kind, root_id, since, limit, unproven=True) >= limit

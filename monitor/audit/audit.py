"""Result of an audit: the numbers of messages by outcome, and each difference."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Literal, NamedTuple

from monitor.audit.checkpoint import FullReason
from monitor.audit.differences import DIFFERENCE_RULES, Kind

# Of each rule, at most this many differences are listed. All are counted.
MAX_LISTED = 1_000

# Called with the number of records that were read, and of all that are to be read. At the end both are equal.
ProgressReport = Callable[[int, int], None]

_KINDS: tuple[Kind, ...] = ("lost", "doubled", "misfiled", "miscounted")


class Difference(NamedTuple):
    """A difference. `text` describes it.

    `id` is that of its message, complaint or answer, or `topic/partition`, or the agency's code.
    """

    kind: Kind
    name: str
    id: str
    text: str


@dataclass(slots=True)
class Audit:
    """Result of an audit.

    `differences` lists at most `MAX_LISTED` of each name; `counts` counts all of them by name. All other fields are
    numbers of messages, and JSON keys of `satupintu audit --json`, except the last two:
    accepted = complaints + repeats + joins + not_complaints + quarantined + dead + pending + lost messages.

    `parts` are cases into which persons divided reports: each is in one queue, and belongs to a message that is counted
    already.

    A message that was released from quarantine counts as the arrival that was made of it, not as quarantined. Repeats
    and joins count as the normalizer decided, also if a person corrected them later. `delivered_again` counts arrivals
    that were delivered more than once, and records that were redriven from the dead letters.

    `records_read` are the records that this run has read. `full_reason` says why these were all records; empty if they
    were those since the run before.
    """

    accepted: int = 0
    complaints: int = 0
    repeats: int = 0
    joins: int = 0
    parts: int = 0
    not_complaints: int = 0
    quarantined: int = 0
    dead: int = 0
    pending: int = 0
    delivered_again: int = 0
    at_agencies: int = 0
    at_triage: int = 0
    records_read: int = 0
    full_reason: FullReason | Literal[""] = ""
    differences: list[Difference] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def clean(self) -> bool:
        """True if there is no difference."""
        return not self.counts

    def counts_by_kind(self) -> dict[str, int]:
        """Return the number of differences of each kind."""
        return {kind: sum(self.counts[rule.name] for rule in DIFFERENCE_RULES if rule.kind == kind) for kind in _KINDS}

    def as_json(self) -> dict[str, object]:
        """Return all numbers, the numbers of differences by kind and by name, and the listed differences."""
        numbers = {number.name: getattr(self, number.name) for number in fields(self) if number.type is int}
        listed = [
            {
                "id": difference.id,
                "difference": difference.kind,
                "name": difference.name,
                "text": difference.text,
            }
            for difference in self.differences
        ]
        named = {"named": dict(self.counts), "full_reason": self.full_reason}
        return {**numbers, **self.counts_by_kind(), **named, "differences": listed}

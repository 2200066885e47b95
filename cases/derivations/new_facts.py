"""The facts that a derivation has not seen yet, as the log names them. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID


class LogEntry(NamedTuple):
    """One entry of the log: see `cases.facts.tables.FactLog`."""

    position: int
    kind: str
    fact_id: UUID
    complaint_id: UUID | None
    other_id: UUID | None


@dataclass(frozen=True, slots=True)
class NewFacts:
    """Facts in the order in which they were committed."""

    entries: Sequence[LogEntry]

    def ids(self, kind: str) -> Sequence[UUID]:
        """Return the ids of the facts of a kind, each once."""
        return tuple(dict.fromkeys(entry.fact_id for entry in self.entries if entry.kind == kind))

    def subjects(self, *kinds: str) -> Collection[UUID]:
        """Return the complaints that the facts of these kinds are about, those of all facts without a kind."""
        entries = (entry for entry in self.entries if not kinds or entry.kind in kinds)
        return {entry.complaint_id for entry in entries if entry.complaint_id is not None}

    def complaint_ids(self, *kinds: str) -> Collection[UUID]:
        """Return the complaints that the facts of these kinds name, those of all facts without a kind."""
        return _named(entry for entry in self.entries if not kinds or entry.kind in kinds)


def _named(entries: Iterable[LogEntry]) -> set[UUID]:
    return {id_ for entry in entries for id_ in (entry.complaint_id, entry.other_id) if id_ is not None}

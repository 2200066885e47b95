"""Since when everybody may read a report. Pure.

A report is public once the agency that has it has taken it: accepted, answered or closed it. A sensitive one is public
only once an officer of that agency has released it. A case that comes to another agency begins anew there; one that is
opened again at the same agency does not. What an officer withdrew stays so until an officer releases it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from cases.course.case_course import CaseDispatch
from sinks.ledger.case_course import ARRIVALS, CourseStep

_TAKING = frozenset({"accepted", "responded", "closed"})


class ReleaseDecision(NamedTuple):
    """Decision of an officer of the agency that had the report with this hop."""

    agency: str
    hop: int
    is_released: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What makes a report sensitive besides a danger.

    `topics` are ids of topics, `rules` are rules of competence that lead to an agency by one of them, and
    `has_sensitive_words` reads the report's words.
    """

    topics: Collection[str]
    rules: Collection[str]
    has_sensitive_words: Callable[[str], bool]

    def is_sensitive(self, topics: Collection[str], rules: Collection[str], words: str) -> bool:
        """Return True for a report with these topics and rules of its dispatches. Without a topic it is sensitive."""
        return (
            not all(topics)
            or not topics
            or any(topic in self.topics for topic in topics)
            or any(rule in self.rules for rule in rules)
            or self.has_sensitive_words(words)
        )


def public_since(
    dispatches: Sequence[CaseDispatch],
    steps: Sequence[CourseStep],
    decision: ReleaseDecision | None,
    *,
    is_sensitive: bool,
) -> datetime | None:
    """Return since when a report is public; `None` if it is not. `dispatches` and `steps` are those of its case."""
    stay = _latest_stay(dispatches)
    if decision and not decision.is_released:
        return None
    if decision and decision.agency == dispatches[-1].agency and decision.hop >= dispatches[stay].hop:
        return decision.decided_at
    return None if is_sensitive else _taken_at(steps, stay)


def _latest_stay(dispatches: Sequence[CaseDispatch]) -> int:
    """Return the index of the dispatch with which the case came to the agency that has it."""
    others = [index for index, dispatch in enumerate(dispatches) if dispatch.agency != dispatches[-1].agency]
    return others[-1] + 1 if others else 0


def _taken_at(steps: Sequence[CourseStep], stay: int) -> datetime | None:
    """Return when the agency first took the case after the dispatch with this index."""
    index = -1
    for step in steps:
        index += step.kind in ARRIVALS
        if index >= stay and step.kind in _TAKING:
            return step.at
    return None

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
    if decision and not decision.is_released:
        return None
    if decision and is_of_latest_stay(decision, dispatches):
        return decision.decided_at
    stay = steps_of_latest_stay(dispatches, steps)
    return None if is_sensitive else next((step.at for step in stay if step.kind in _TAKING), None)


def is_of_latest_stay(decision: ReleaseDecision, dispatches: Sequence[CaseDispatch]) -> bool:
    """Return whether the agency that has the case took this decision since the case came to it."""
    return decision.agency == dispatches[-1].agency and decision.hop >= dispatches[_latest_stay(dispatches)].hop


def steps_of_latest_stay(dispatches: Sequence[CaseDispatch], steps: Sequence[CourseStep]) -> Sequence[CourseStep]:
    """Return the steps since the case came to the agency that has it. `steps` has an arrival for each dispatch."""
    arrivals = [index for index, step in enumerate(steps) if step.kind in ARRIVALS]
    return steps[arrivals[_latest_stay(dispatches)] :]


def _latest_stay(dispatches: Sequence[CaseDispatch]) -> int:
    """Return the index of the dispatch with which the case came to the agency that has it."""
    others = [index for index, dispatch in enumerate(dispatches) if dispatch.agency != dispatches[-1].agency]
    return others[-1] + 1 if others else 0

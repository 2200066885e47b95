"""Course of a case: which answers to each of its dispatches count, and the state that follows. Pure.

The bus's time orders answers. An agency's clock has no part in it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Protocol, TypeVar
from uuid import UUID

from cases.course.verdicts import CaseState, case_progress
from messages.shapes import AnswerOutcomeKind, SenderAct, Verdict

# Acts with which a sender tells the agency something. Any other act (a rating, a confirmation, a withdrawal) is no
# answer to a question of the agency.
ANSWERING_ACTS: frozenset[SenderAct] = frozenset({"reports", "adds", "objects"})


class DatedDispatch(Protocol):
    """A dispatch of which the agency, the hop and the time are needed."""

    @property
    def at(self) -> datetime:
        """Time of the router."""

    @property
    def hop(self) -> int:
        """Number of the dispatch; 0 for the first."""

    @property
    def agency(self) -> str:
        """Code of the agency."""


class PositionedAnswer(Protocol):
    """An answer of which the place on the bus is needed: its time there, and `topic/partition/offset`."""

    @property
    def at(self) -> datetime:
        """Time of the bus."""

    @property
    def position(self) -> str:
        """Position of its record."""


Positioned = TypeVar("Positioned", bound=PositionedAnswer)


@dataclass(frozen=True, slots=True)
class CaseDispatch:
    """One dispatch of a case. `reopened` is how often its sender had it opened again so far."""

    at: datetime
    hop: int
    agency: str
    reopened: int = 0


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """Answer to the dispatch with this hop. `at` is the bus's time, `position` that of the record.

    `answered_id` is the complaint that it was given to: the case, or a report that accompanies it. `outcome` is that of
    the router; `None` before it is known. `extension_days` are those of an extension.
    """

    at: datetime
    position: str
    hop: int
    verdict: Verdict
    id: UUID | None = None
    answered_id: UUID | None = None
    outcome: AnswerOutcomeKind | None = None
    extension_days: int = 0


@dataclass(frozen=True, slots=True)
class AnsweredDispatch:
    """A dispatch with its answers in order, the state that they lead to, and the next dispatch.

    `counted` has one entry for each answer. The outcome of the router decides. Without one, an answer does not count if
    it came after the next dispatch, or if the table of verdicts does not accept it there.
    """

    dispatch: CaseDispatch
    next_dispatch: CaseDispatch | None
    answers: tuple[CaseAnswer, ...]
    counted: tuple[bool, ...]
    state: CaseState

    @property
    def counted_answers(self) -> Sequence[CaseAnswer]:
        """The answers that count."""
        return [answer for answer, counts in zip(self.answers, self.counted, strict=True) if counts]

    def shown_time(self, answer: CaseAnswer) -> datetime:
        """Return a time of an answer that counts, between this dispatch and the next one.

        The clocks of broker and router may differ.
        """
        at = max(answer.at, self.dispatch.at)
        return min(at, self.next_dispatch.at) if self.next_dispatch else at

    def state_after_messages(self, repeated_at: Iterable[datetime]) -> CaseState:
        """Return the state, given the times of the sender's further messages.

        The agency does not wait any more for a sender who wrote after its last question.
        """
        if self.state != "tunda":
            return self.state
        asked_at = max(answer.at for answer in self.counted_answers if answer.verdict == "asked")
        return "proses" if any(at > asked_at for at in repeated_at) else "tunda"


def answered_dispatches(
    dispatches: Sequence[CaseDispatch], answers: Sequence[CaseAnswer]
) -> Sequence[AnsweredDispatch]:
    """Return each dispatch of a case with its answers.

    `dispatches` are ordered by hop; answers may come in any order.
    """
    return [
        _answered_dispatch(dispatch, next_dispatch, [answer for answer in answers if answer.hop == dispatch.hop])
        for dispatch, next_dispatch in zip_longest(dispatches, dispatches[1:])
    ]


def answered_hop(
    case: Iterable[DatedDispatch], agency: str, accompanied_at: datetime, answered_at: datetime
) -> int | None:
    """Return the hop of a case for which an answer to an accompanying report counts.

    `case` are the dispatches of the case. `agency` and `accompanied_at` are those of the report's answered dispatch,
    `answered_at` is the bus's time of the answer. It counts for the last dispatch to the agency until then: an answer
    from before a reopening is late. `None` if the case was not at the agency (yet).
    """
    hops = {dispatch.hop: dispatch.at for dispatch in case if dispatch.agency == agency}
    # The clock of the broker may be behind. A report is never dispatched with its case before the case.
    until = max(accompanied_at, answered_at)
    return max((hop for hop, at in hops.items() if at <= until), default=min(hops, default=None))


def arrivals(cases_by_hop: Mapping[int, UUID | None]) -> Iterator[int]:
    """Yield the hops at which a complaint came to a case: its first one there, and not those with which it moves on.

    A complaint that a person split from the case and merged again did not come anew: its sender wrote nothing.
    `cases_by_hop` has the case that the complaint accompanies at each hop, `None` where it is a case of its own. A hop
    before which one is missing is left out.
    """
    earlier_cases: set[UUID] = set()
    for hop, case_id in cases_by_hop.items():
        if case_id is None or case_id in earlier_cases:
            continue
        earlier_cases.add(case_id)
        if hop == 0 or (hop - 1 in cases_by_hop and cases_by_hop[hop - 1] != case_id):
            yield hop


def in_order(answers: Iterable[Positioned]) -> Sequence[Positioned]:
    """Return the answers to one complaint in the order in which the bus took them, also those of one millisecond."""
    return sorted(answers, key=lambda answer: (answer.at, _offset(answer.position)))


def _answered_dispatch(
    dispatch: CaseDispatch, next_dispatch: CaseDispatch | None, answers: Sequence[CaseAnswer]
) -> AnsweredDispatch:
    ordered_answers = in_order(answers)
    may_count = [_may_count(answer, next_dispatch) for answer in ordered_answers]
    verdicts = [answer.verdict for answer, may in zip(ordered_answers, may_count, strict=True) if may]
    progress = case_progress(verdicts, dispatch.agency)
    accepted = iter(progress.counted)
    in_table = [may and next(accepted) for may in may_count]
    counted = tuple(
        answer.outcome == "counted" if answer.outcome else is_in_table
        for answer, is_in_table in zip(ordered_answers, in_table, strict=True)
    )
    return AnsweredDispatch(dispatch, next_dispatch, tuple(ordered_answers), counted, progress.state)


def _may_count(answer: CaseAnswer, next_dispatch: CaseDispatch | None) -> bool:
    """Return True for an answer that the router counted; without an outcome, for one that came in time."""
    return answer.outcome == "counted" if answer.outcome else not _is_late(answer, next_dispatch)


def _offset(position: str) -> int:
    """Return the offset in `topic/partition/offset`. Answers to one complaint have one key, and so one partition."""
    return int(position.rpartition("/")[2])


def _is_late(answer: CaseAnswer, next_dispatch: CaseDispatch | None) -> bool:
    """Return True if the case had moved. A refusal moves the case itself: it is never late by the clocks."""
    return next_dispatch is not None and answer.verdict != "refused" and answer.at >= next_dispatch.at

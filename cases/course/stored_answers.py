"""Answers of agencies as the read models store them, and the cases for which they count.

Each read model has tables of its own; the names of the columns of its query are those of `StoredAnswer`. Pure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from cases.course.case_course import CaseAnswer, DatedDispatch, answered_hop
from messages.shapes import AnswerOutcomeKind, Verdict


class StoredAnswer(Protocol):
    """An answer with the dispatch that it was given to, and the router's outcome.

    `at` is the bus's time, `position` that of the record. `complaint_id` to `dispatched_at` are of the dispatch; `of`
    is the case that the complaint accompanied. `outcome`, `case_id` and `case_hop` are `None` before the router's
    outcome is known.
    """

    id: UUID
    at: datetime
    position: str
    verdict: Verdict
    extension_days: int
    complaint_id: UUID
    of: UUID | None
    own_case: bool
    hop: int
    agency: str
    dispatched_at: datetime
    outcome: AnswerOutcomeKind | None
    case_id: UUID | None
    case_hop: int | None


def answers_by_case(
    rows: Iterable[Any], dispatches: Mapping[UUID, Sequence[DatedDispatch]]
) -> Mapping[UUID, Sequence[CaseAnswer]]:
    """Return the answers to each case. An answer to a report that accompanies a case is one, too.

    `rows` are shaped as `StoredAnswer`. The router's outcome names case and hop. Before it is known, such an answer
    counts for a dispatch of the case (`answered_hop`); `dispatches` has those of each case by their hop. An answer to a
    dispatch that the case has not had yet is left out.
    """
    answers: defaultdict[UUID, list[CaseAnswer]] = defaultdict(list)
    for row in rows:
        case_id, hop = _answered_dispatch(row, dispatches)
        if case_id is not None and hop is not None:
            answers[case_id].append(
                CaseAnswer(
                    row.at,
                    row.position,
                    hop,
                    row.verdict,
                    row.id,
                    row.complaint_id,
                    row.outcome,
                    row.extension_days,
                )
            )
    return answers


def _answered_dispatch(
    row: StoredAnswer, dispatches: Mapping[UUID, Sequence[DatedDispatch]]
) -> tuple[UUID | None, int | None]:
    """Return the case for which an answer counts, and the hop of its dispatch."""
    if row.outcome:
        return row.case_id, row.case_hop
    if row.own_case:
        return row.complaint_id, row.hop
    case: Sequence[DatedDispatch] = dispatches.get(row.of, ()) if row.of else ()
    return row.of, answered_hop(case, row.agency, row.dispatched_at, row.at)

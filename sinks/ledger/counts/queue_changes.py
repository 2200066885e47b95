"""Changes the counts of the agencies' queues by what a batch of dispatches and answers changed."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam
from sqlmodel import col, select

from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from config.stored_counts import add_counts
from sinks.ledger.counts.queue_counts import QueueDay, queue_day
from sinks.ledger.tables import AnswerRow, DispatchRow, QueueDayRow


class _Dispatch(NamedTuple):
    """The columns of a dispatch that decide in which queue its complaint waits."""

    id: UUID
    complaint_id: UUID
    agency: str
    hop: int
    own_case: bool
    dispatched_at: datetime
    due_at: datetime


# A dispatch and the agency that has answered it.
_Answered: TypeAlias = tuple[UUID, str]
# Each batch asks these questions: they are built once.
_DISPATCH_IDS: BindParameter[Any] = bindparam("dispatch_ids")
_COMPLAINT_IDS: BindParameter[Any] = bindparam("complaint_ids")
_COMPLAINTS_OF = select(DispatchRow.complaint_id).where(is_one_of(col(DispatchRow.id), _DISPATCH_IDS))
_OTHER_DISPATCHES = select(*(col(getattr(DispatchRow, name)) for name in _Dispatch._fields)).where(
    is_one_of(col(DispatchRow.complaint_id), _COMPLAINT_IDS), ~is_one_of(col(DispatchRow.id), _DISPATCH_IDS)
)
_ANSWERS_TO = select(AnswerRow.id, AnswerRow.dispatch_id, AnswerRow.agency).where(
    is_one_of(col(AnswerRow.dispatch_id), _DISPATCH_IDS)
)


def change_queue_counts(
    connection: Connection, dispatch_rows: Sequence[Mapping[str, Any]], answer_rows: Sequence[Mapping[str, Any]]
) -> None:
    """Add to the counts what these rows changed, which the same transaction has written.

    Rows that were there before must not be among them.
    """
    if not (dispatch_rows or answer_rows):
        return
    # Two transactions that change one case would each miss the other's row. The second one waits here.
    lock_until_commit(connection, DatabaseLock.QUEUE_COUNTS)
    new_dispatches = {row["id"]: _Dispatch(*(row[name] for name in _Dispatch._fields)) for row in dispatch_rows}
    new_answers = {(row["dispatch_id"], row["agency"]) for row in answer_rows}
    earlier_dispatches = list(_read_dispatches(connection, new_dispatches, {id_ for id_, _ in new_answers}))
    dispatches = [*earlier_dispatches, *new_dispatches.values()]
    answer_ids = {row["id"] for row in answer_rows}
    earlier_answers = set(_read_answers(connection, [dispatch.id for dispatch in dispatches], answer_ids))
    difference = _count(dispatches, earlier_answers | new_answers)
    difference.subtract(_count(earlier_dispatches, earlier_answers))
    add_counts(connection, QueueDayRow, difference)


def _read_dispatches(
    connection: Connection, new_dispatches: Mapping[UUID, _Dispatch], answered_ids: Collection[UUID]
) -> Iterator[_Dispatch]:
    """Yield the dispatches that the complaints of the new and of the answered dispatches had before."""
    new_ids: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for dispatch in new_dispatches.values():
        new_ids[dispatch.complaint_id].append(dispatch.id)
    earlier_ids = sorted(answered_ids - new_dispatches.keys())
    if earlier_ids:
        answered = connection.execute(_COMPLAINTS_OF, {"dispatch_ids": earlier_ids}).scalars()
        new_ids |= {complaint_id: new_ids[complaint_id] for complaint_id in answered}
    values = {"complaint_ids": list(new_ids), "dispatch_ids": list(new_dispatches)}
    for row in connection.execute(_OTHER_DISPATCHES, values) if new_ids else ():
        yield _Dispatch(*row)


def _read_answers(
    connection: Connection, dispatch_ids: Sequence[UUID], new_answer_ids: Collection[UUID]
) -> Iterator[_Answered]:
    """Yield who had answered these dispatches before."""
    rows = connection.execute(_ANSWERS_TO, {"dispatch_ids": dispatch_ids}) if dispatch_ids else ()
    for id_, dispatch_id, agency in rows:
        if id_ not in new_answer_ids:
            yield dispatch_id, agency


def _count(dispatches: Sequence[_Dispatch], answered: Collection[_Answered]) -> Counter[QueueDay]:
    """Return the counts of dispatches, which are all of their complaints, with the agencies that have answered them."""
    latest_hops: dict[UUID, int] = {}
    for dispatch in dispatches:
        latest_hops[dispatch.complaint_id] = max(dispatch.hop, latest_hops.get(dispatch.complaint_id, 0))
    return Counter(
        queue_day(dispatch.agency, dispatch.dispatched_at, dispatch.due_at)
        for dispatch in dispatches
        if dispatch.own_case
        and dispatch.hop == latest_hops[dispatch.complaint_id]
        and (dispatch.id, dispatch.agency) not in answered
    )

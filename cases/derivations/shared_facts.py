"""Facts of complaints that all derivations of a transaction need: each is read once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, Select, bindparam, or_, select
from sqlmodel import col

from cases.course.affected_cases import with_affected_cases
from cases.course.sender_chain import parents_of_chains
from cases.facts.answer_content import CONTENT_COLUMNS
from cases.facts.conditions import accompanies_one_of, is_outcome_of_answer, is_to_dispatch
from cases.facts.sender_parents import direct_parents
from cases.facts.tables import AnswerFact, AnswerOutcomeFact, DispatchFact
from config.conditions import is_one_of


class StoredDispatch(NamedTuple):
    """A dispatch of a complaint: columns of `cases.facts.tables.DispatchFact`."""

    id: UUID
    complaint_id: UUID
    hop: int
    agency: str
    own_case: bool
    case_id: UUID
    relation: str
    act: str
    danger: str
    reopened: int
    topic: str
    region: str
    at: datetime
    due_at: datetime
    programme_words: str = ""


_IDS: BindParameter[Any] = bindparam("ids")
# Statements are built once: building one takes longer than executing it.
_DISPATCHES = (
    select(*(col(getattr(DispatchFact, name)) for name in StoredDispatch._fields))
    .where(is_one_of(col(DispatchFact.complaint_id), _IDS))
    .order_by(col(DispatchFact.hop))
)
_ANSWER_COLUMNS = ("id", "at", "position", "dispatch_id", *CONTENT_COLUMNS)
# Answers to dispatches of some complaints, and to those that came to their cases.
_ANSWERS: Select[*tuple[Any, ...]] = (
    select(
        *(col(getattr(AnswerFact, name)) for name in _ANSWER_COLUMNS),
        *(col(getattr(DispatchFact, name)) for name in ("complaint_id", "of", "own_case", "hop", "agency")),
        col(DispatchFact.at).label("dispatched_at"),
        *(col(getattr(AnswerOutcomeFact, name)) for name in ("outcome", "case_id")),
        col(AnswerOutcomeFact.hop).label("case_hop"),
        col(DispatchFact.case_id).label("accompanied_id"),
    )
    .join(DispatchFact, is_to_dispatch())
    .outerjoin(AnswerOutcomeFact, is_outcome_of_answer())
    .where(or_(is_one_of(col(DispatchFact.complaint_id), _IDS), accompanies_one_of(_IDS)))
)
_ACCOMPANIED = (
    select(col(DispatchFact.case_id))
    .where(is_one_of(col(DispatchFact.case_id), _IDS), ~col(DispatchFact.own_case))
    .distinct()
)


class SharedFacts:
    """Reads dispatches, answers and what repeats what, and keeps them for one transaction.

    What is stored after the reading is not seen. The log names it, so the next transaction derives from it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._dispatches: dict[UUID, list[StoredDispatch]] = {}
        self._answers: dict[UUID, list[Row[Any]]] = {}
        self._is_accompanied: dict[UUID, bool] = {}
        self._parents: dict[UUID, UUID | None] = {}
        self._with_parents: set[UUID] = set()

    def with_cases(self, complaint_ids: Iterable[UUID]) -> set[UUID]:
        """Return the complaints with all cases that they, and those cases, have ever accompanied."""

        def cases_of(ids: Collection[UUID]) -> Iterable[UUID]:
            return (item.case_id for items in self.dispatches(ids).values() for item in items if not item.own_case)

        return with_affected_cases(complaint_ids, cases_of)

    def dispatches(self, complaint_ids: Collection[UUID]) -> Mapping[UUID, Sequence[StoredDispatch]]:
        """Return the dispatches of each of these complaints that has some, by their hop."""
        if missing := set(complaint_ids).difference(self._dispatches):
            self._dispatches |= {id_: [] for id_ in missing}
            for row in self._connection.execute(_DISPATCHES, {"ids": missing}):
                self._dispatches[row.complaint_id].append(StoredDispatch(*row))
        return {id_: items for id_ in complaint_ids if (items := self._dispatches[id_])}

    def answers(self, complaint_ids: Collection[UUID]) -> Collection[Row[Any]]:
        """Return the answers to dispatches of these complaints, and to reports that came to their cases.

        The rows are shaped as `StoredAnswer`, and have `dispatch_id` and the content without the text. Answers without
        their dispatch are not among them.
        """
        if missing := set(complaint_ids).difference(self._answers):
            read: dict[UUID, list[Row[Any]]] = {id_: [] for id_ in missing}
            for row in self._connection.execute(_ANSWERS, {"ids": missing}):
                for id_ in {row.complaint_id, row.accompanied_id} & missing:
                    read[id_].append(row)
            self._answers |= read
        rows = (row for id_ in complaint_ids for row in self._answers[id_])
        return {(row.dispatch_id, row.id): row for row in rows}.values()

    def sender_parents(self, complaint_ids: Iterable[UUID]) -> Mapping[UUID, UUID | None]:
        """Return the complaint that each one repeats; see `cases.facts.sender_parents`."""

        def read_parents(ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
            if missing := set(ids) - self._with_parents:
                self._parents |= direct_parents(self._connection, missing)
                self._with_parents |= missing
            return {id_: self._parents[id_] for id_ in ids if id_ in self._parents}

        return parents_of_chains(complaint_ids, read_parents)

    def accompanied(self, complaint_ids: Collection[UUID]) -> set[UUID]:
        """Return those of these complaints that a report accompanies, or did. Most are new reports: nothing does."""
        if missing := set(complaint_ids).difference(self._is_accompanied):
            accompanied = set(self._connection.execute(_ACCOMPANIED, {"ids": missing}).scalars())
            self._is_accompanied |= {id_: id_ in accompanied for id_ in missing}
        return {id_ for id_ in complaint_ids if self._is_accompanied[id_]}

"""Facts of complaints that all derivations of a transaction need: each is read once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    bindparam,
    literal,
    or_,
    select,
    union,
)
from sqlmodel import col

from cases.course.affected_cases import with_affected_cases
from cases.course.sender_chain import parents_of_chains
from cases.facts.answer_content import CONTENT_COLUMNS
from cases.facts.conditions import accompanies_one_of, is_outcome_of_answer, is_to_dispatch
from cases.facts.sender_parents import direct_parents
from cases.facts.tables import (
    AnswerFact,
    AnswerOutcomeFact,
    ComplaintFact,
    CorrectionFact,
    DispatchFact,
    EventFact,
    RecommendationFact,
)
from config.conditions import is_one_of
from messages.shapes import KEPT_APART


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
# Most complaints have none of these. `repeat`: another complaint repeats it, by itself or by the decision of a person.
# `companion`: a report accompanies it, or did.
RareKind: TypeAlias = Literal["correction", "event", "recommendation", "repeat", "companion"]


def _select_rare(kind: RareKind, complaint_id: Any, *conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return select(literal(kind), complaint_id).where(is_one_of(complaint_id, _IDS), *conditions)


_RARE: CompoundSelect[Any] = union(
    _select_rare("correction", col(CorrectionFact.complaint_id)),
    _select_rare("event", col(EventFact.subject)),
    _select_rare("recommendation", col(RecommendationFact.complaint_id)),
    *(
        _select_rare("repeat", col(table.of), col(table.relation) == "repeat")
        for table in (ComplaintFact, CorrectionFact)
    ),
    _select_rare("companion", col(DispatchFact.case_id), ~col(DispatchFact.own_case)),
)
_COMPLAINTS: Select[*tuple[Any, ...]] = select(*ComplaintFact.__table__.columns).where(  # type: ignore[attr-defined]
    is_one_of(col(ComplaintFact.id), _IDS)
)
# A denied suggestion overrides no merge with a third complaint.
_CORRECTIONS: Select[*tuple[Any, ...]] = (
    select(*CorrectionFact.__table__.columns)  # type: ignore[attr-defined]
    .where(is_one_of(col(CorrectionFact.complaint_id), _IDS), col(CorrectionFact.evidence) != KEPT_APART)
    .order_by(col(CorrectionFact.at), col(CorrectionFact.id))
)


class SharedFacts:
    """Reads facts of complaints, and keeps them for one transaction.

    `named` are the complaints of the new facts. The first question of each kind reads for all of them and their cases:
    each derivation asks for some of them.
    What is stored after the reading is not seen. The log names it, so the next transaction derives from it.
    """

    def __init__(self, connection: Connection, named: Collection[UUID] = ()) -> None:
        self._connection = connection
        self._named = set(named)
        self._dispatches: dict[UUID, list[StoredDispatch]] = {}
        self._answers: dict[UUID, list[Row[Any]]] = {}
        self._answer_rows: dict[tuple[UUID, UUID], Row[Any]] = {}
        self._rare: dict[UUID, set[str]] = {}
        self._complaints: dict[UUID, Row[Any] | None] = {}

    @cached_property
    def _affected(self) -> set[UUID]:
        return self.with_cases(self._named)

    def _missing(self, complaint_ids: Iterable[UUID], known: Collection[UUID]) -> set[UUID]:
        """Return what is to be read: those of these complaints that are not known, and with them all affected ones."""
        missing = set(complaint_ids).difference(known)
        return missing | self._affected.difference(known) if missing else missing

    def with_cases(self, complaint_ids: Iterable[UUID]) -> set[UUID]:
        """Return the complaints with all cases that they, and those cases, have ever accompanied."""

        def cases_of(ids: Collection[UUID]) -> Iterable[UUID]:
            return (item.case_id for items in self.dispatches(ids).values() for item in items if not item.own_case)

        return with_affected_cases(complaint_ids, cases_of)

    def dispatches(self, complaint_ids: Collection[UUID]) -> Mapping[UUID, Sequence[StoredDispatch]]:
        """Return the dispatches of each of these complaints that has some, by their hop."""
        if missing := set(complaint_ids).difference(self._dispatches):
            missing |= self._named.difference(self._dispatches)
            self._dispatches |= {id_: [] for id_ in missing}
            for row in self._connection.execute(_DISPATCHES, {"ids": missing}):
                self._dispatches[row.complaint_id].append(StoredDispatch(*row))
        return {id_: items for id_ in complaint_ids if (items := self._dispatches[id_])}

    def answers(self, complaint_ids: Collection[UUID]) -> Collection[Row[Any]]:
        """Return the answers to dispatches of these complaints, and to reports that came to their cases.

        The rows are shaped as `StoredAnswer`, and have `dispatch_id` and the content without the text. Answers without
        their dispatch are not among them.
        """
        if missing := self._missing(complaint_ids, self._answers):
            read: dict[UUID, list[Row[Any]]] = {id_: [] for id_ in missing}
            for new_row in self._connection.execute(_ANSWERS, {"ids": missing}):
                row = self._answer_rows.setdefault((new_row.dispatch_id, new_row.id), new_row)
                for id_ in {row.complaint_id, row.accompanied_id} & missing:
                    read[id_].append(row)
            self._answers |= read
        # An answer to a report that accompanies a case is one row of both.
        return {id(row): row for id_ in complaint_ids for row in self._answers[id_]}.values()

    def complaints(self, complaint_ids: Collection[UUID]) -> Mapping[UUID, Row[Any]]:
        """Return the arrival of each of these complaints that is known: all columns of `ComplaintFact`."""
        if missing := self._missing(complaint_ids, self._complaints):
            self._complaints |= dict.fromkeys(missing)
            self._complaints |= {row.id: row for row in self._connection.execute(_COMPLAINTS, {"ids": missing})}
        return {id_: row for id_ in complaint_ids if (row := self._complaints[id_])}

    def corrections(self, complaint_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """Return the decisions of persons about these complaints, the latest last: all columns of `CorrectionFact`."""
        corrected = self.with_facts("correction", complaint_ids)
        return self._connection.execute(_CORRECTIONS, {"ids": corrected}).all() if corrected else ()

    def with_facts(self, kind: RareKind, complaint_ids: Iterable[UUID]) -> set[UUID]:
        """Return those of these complaints that have facts of a kind."""
        ids = set(complaint_ids)
        if missing := self._missing(ids, self._rare):
            self._rare |= {id_: set() for id_ in missing}
            for found_kind, id_ in self._connection.execute(_RARE, {"ids": missing}):
                self._rare[id_].add(found_kind)
        return {id_ for id_ in ids if kind in self._rare[id_]}

    def sender_parents(self, complaint_ids: Iterable[UUID]) -> Mapping[UUID, UUID | None]:
        """Return the complaint that each one repeats; see `cases.facts.sender_parents`."""

        def read_parents(ids: Collection[UUID]) -> Mapping[UUID, UUID | None]:
            return direct_parents(self.complaints(ids).values(), self.corrections(ids))

        return parents_of_chains(complaint_ids, read_parents)

    def accompanied(self, complaint_ids: Collection[UUID]) -> set[UUID]:
        """Return those of these complaints that a report accompanies, or did. Most are new reports: nothing does."""
        return self.with_facts("companion", complaint_ids)

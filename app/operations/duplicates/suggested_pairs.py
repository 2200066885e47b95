"""Reads the suggestions of likely duplicates from the ledger, each with its state now. Nothing is changed here."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, and_, func, select
from sqlmodel import col

from app.operations.duplicates.tables import DuplicateDecision, Outcome
from app.operations.not_possible import NotPossible
from cases.facts.conditions import is_latest_dispatch
from cases.facts.tables import ComplaintFact, CorrectionFact, DispatchFact
from config.conditions import is_one_of
from config.database import read_transaction
from desk.read_model.queries import waiting_dangers
from messages.shapes import KEPT_APART
from sinks.ledger.relations.current_relation import CurrentRelation, relations_by_id
from sinks.ledger.status import StatusReader

# Suggestions that one list reads at most.
MAX_LISTED = 500

# `open`: a person can decide. `waiting`: one of the reports is not in the ledger or in a queue (yet). `decided`: a
# person has decided. `together`: they are one case. `closed`: one of the cases is closed. `elsewhere`: the report
# belongs to a third case.
PairState: TypeAlias = Literal["open", "waiting", "decided", "together", "closed", "elsewhere"]


@dataclass(frozen=True, slots=True)
class SuggestedPair:
    """A report, and the earlier one that it is perhaps the same as.

    `suggested_number` is that of the case which the earlier report belongs to now, and empty while the ledger does not
    have it. `agency` and `suggested_agency` are codes, empty before the first dispatch. `outcome` and `actor` are those
    of the decision, if there is one; it `is_pending` until the bus has it. `danger` is a danger to life in one of the
    two cases that has no answer yet; only the list has it.
    """

    complaint_id: UUID
    suggested_id: UUID
    number: str
    suggested_number: str
    agency: str
    suggested_agency: str
    score: float
    evidence: tuple[str, ...]
    suggested_at: datetime
    state: PairState
    outcome: Outcome | None = None
    actor: str = ""
    is_pending: bool = False
    danger: str = ""


class SuggestionCounts(NamedTuple):
    """Suggestions that were shown, and those that a person has confirmed or denied."""

    shown: int
    confirmed: int
    denied: int


# Complaints with the earlier one that each is perhaps the same as.
_SUGGESTIONS: Select[*tuple[Any, ...]] = select(
    col(ComplaintFact.id).label("complaint_id"),
    col(ComplaintFact.suggested_id),
    col(ComplaintFact.suggestion_score).label("score"),
    col(ComplaintFact.suggestion_evidence).label("evidence"),
    col(ComplaintFact.received_at).label("suggested_at"),
).where(col(ComplaintFact.suggested_id).is_not(None))


class SuggestedPairs:
    """Reads suggestions. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open_pairs(self, since: datetime) -> Sequence[SuggestedPair]:
        """Return the suggestions since a time that a person can decide about, at most `MAX_LISTED`.

        Those with a danger to life come first, then the likeliest.
        """
        is_decided = and_(
            col(DuplicateDecision.complaint_id) == col(ComplaintFact.id),
            col(DuplicateDecision.suggested_id) == col(ComplaintFact.suggested_id),
            col(DuplicateDecision.correction) == "",
        )
        query = (
            _SUGGESTIONS.outerjoin(DuplicateDecision, is_decided)
            .where(col(ComplaintFact.received_at) >= since, col(DuplicateDecision.complaint_id).is_(None))
            .order_by(col(ComplaintFact.suggestion_score).desc(), col(ComplaintFact.received_at), col(ComplaintFact.id))
            .limit(MAX_LISTED)
        )
        pairs = [pair for pair in self._read(query) if pair.state == "open"]
        complaint_ids = {id_ for pair in pairs for id_ in (pair.complaint_id, pair.suggested_id)}
        with read_transaction(self._engine) as connection:
            dangers = waiting_dangers(connection, complaint_ids)
        pairs = [
            replace(pair, danger=dangers.get(pair.complaint_id) or dangers.get(pair.suggested_id, "")) for pair in pairs
        ]
        return sorted(pairs, key=lambda pair: not pair.danger)

    def counts(self, since: datetime) -> SuggestionCounts:
        """Return what became of the suggestions for reports since a time."""
        is_of_pair = and_(
            col(DuplicateDecision.complaint_id) == col(ComplaintFact.id),
            col(DuplicateDecision.suggested_id) == col(ComplaintFact.suggested_id),
        )
        query = (
            select(col(DuplicateDecision.outcome), func.count())
            .select_from(ComplaintFact)
            .outerjoin(DuplicateDecision, is_of_pair)
            .where(col(ComplaintFact.suggested_id).is_not(None), col(ComplaintFact.received_at) >= since)
            .group_by(col(DuplicateDecision.outcome))
        )
        with read_transaction(self._engine) as connection:
            outcomes = {row[0]: int(row[1]) for row in connection.execute(query)}
        return SuggestionCounts(sum(outcomes.values()), outcomes.get("same", 0), outcomes.get("different", 0))

    def find(self, number: str) -> SuggestedPair | None:
        """Return the suggestion for a report by its number in canonical form, in any state; `None` without one."""
        query = _SUGGESTIONS.where(col(ComplaintFact.tracking) == number).order_by(col(ComplaintFact.id))
        pairs = self._read(query.limit(1))
        return pairs[0] if pairs else None

    def require(self, number: str) -> SuggestedPair:
        """Return the suggestion for a report. Raises `NotPossible` without one."""
        pair = self.find(number)
        if pair is None:
            raise NotPossible(f"No other report is suggested for {number}.", "no-suggestion", number=number)
        return pair

    def _read(self, query: Select[*tuple[Any, ...]]) -> Sequence[SuggestedPair]:
        """Return the pairs of the rows of `_SUGGESTIONS` that a query selects."""
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query).all()
            facts = _read_facts(connection, rows)
        cases = [facts.relations[id_] for id_ in facts.case_ids if id_ in facts.relations]
        statuses = StatusReader(self._engine, {}).statuses([case.tracking for case in cases])
        closed = {case.id for case in cases if case.tracking in statuses and statuses[case.tracking].is_closed}
        return [_pair(row, facts, closed) for row in rows]


@dataclass(frozen=True, slots=True)
class _PairFacts:
    """Facts of several pairs: relations and agencies by complaint, decisions and denials by pair."""

    relations: Mapping[UUID, CurrentRelation]
    case_ids: Collection[UUID]
    agencies: Mapping[UUID, str]
    decisions: Mapping[tuple[UUID, UUID], Row[Any]]
    denials: Collection[tuple[UUID, UUID]]

    def has_denial(self, complaint_id: UUID, suggested_id: UUID) -> bool:
        """Return whether the ledger has a denial of a pair, in either order."""
        return not {(complaint_id, suggested_id), (suggested_id, complaint_id)}.isdisjoint(self.denials)


def _read_facts(connection: Connection, rows: Sequence[Row[Any]]) -> _PairFacts:
    complaint_ids = {row.complaint_id for row in rows}
    ids = complaint_ids | {row.suggested_id for row in rows}
    relations = _relations(connection, ids)
    case_ids = {relation.case_id for relation in relations.values()}
    relations |= _relations(connection, case_ids - relations.keys())
    return _PairFacts(
        relations,
        case_ids,
        _agencies(connection, case_ids),
        _decisions(connection, complaint_ids),
        _denials(connection, ids),
    )


def _pair(row: Row[Any], facts: _PairFacts, closed: Collection[UUID]) -> SuggestedPair:
    report, suggested = facts.relations.get(row.complaint_id), facts.relations.get(row.suggested_id)
    case, suggested_case = _case(report, facts), _case(suggested, facts)
    decision = facts.decisions.get((row.complaint_id, row.suggested_id))
    outcome: Outcome | None = decision.outcome if decision else None
    if decision is None and facts.has_denial(row.complaint_id, row.suggested_id):
        outcome = "different"
    return SuggestedPair(
        complaint_id=row.complaint_id,
        suggested_id=row.suggested_id,
        number=report.tracking if report else "",
        suggested_number=suggested_case.tracking if suggested_case else "",
        agency=facts.agencies.get(case.id, "") if case else "",
        suggested_agency=facts.agencies.get(suggested_case.id, "") if suggested_case else "",
        score=row.score,
        evidence=tuple(filter(None, row.evidence.split("|"))),
        suggested_at=row.suggested_at,
        state="decided" if outcome and not (decision and decision.correction) else _state(report, suggested, closed),
        outcome=outcome,
        actor=decision.actor if decision else "",
        is_pending=bool(decision and decision.correction),
    )


def _case(report: CurrentRelation | None, facts: _PairFacts) -> CurrentRelation | None:
    return facts.relations.get(report.case_id) if report else None


def _state(report: CurrentRelation | None, suggested: CurrentRelation | None, closed: Collection[UUID]) -> PairState:
    if report is None or suggested is None or not (report.is_dispatched and suggested.is_dispatched):
        return "waiting"
    if report.case_id == suggested.case_id:
        return "together"
    if report.case_id != report.id:
        return "elsewhere"
    return "closed" if not {report.case_id, suggested.case_id}.isdisjoint(closed) else "open"


def _relations(connection: Connection, complaint_ids: Collection[UUID]) -> dict[UUID, CurrentRelation]:
    return {relation.id: relation for relation in relations_by_id(connection, complaint_ids).values()}


def _agencies(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the agency that has each case now."""
    columns = (col(DispatchFact.complaint_id), col(DispatchFact.agency))
    query = select(*columns).where(is_one_of(col(DispatchFact.complaint_id), case_ids), is_latest_dispatch())
    return {row.complaint_id: row.agency for row in connection.execute(query)}


def _decisions(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[tuple[UUID, UUID], Row[Any]]:
    """Return the decisions about suggestions for these complaints, by pair."""
    columns = DuplicateDecision.__table__.columns  # type: ignore[attr-defined]
    query = select(*columns).where(is_one_of(col(DuplicateDecision.complaint_id), complaint_ids))
    return {(row.complaint_id, row.suggested_id): row for row in connection.execute(query)}


def _denials(connection: Connection, complaint_ids: Collection[UUID]) -> Collection[tuple[UUID, UUID]]:
    """Return the pairs that the ledger's corrections keep apart, by their first complaint."""
    columns = (col(CorrectionFact.complaint_id), col(CorrectionFact.apart_from))
    is_denial = (is_one_of(col(CorrectionFact.complaint_id), complaint_ids), col(CorrectionFact.evidence) == KEPT_APART)
    return {(row[0], row[1]) for row in connection.execute(select(*columns).where(*is_denial)) if row[1]}

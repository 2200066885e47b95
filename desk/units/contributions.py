"""Contributions: the unit that is accountable for a case asks other units of the institution, and answers the citizen.

An asked unit reads the case as long as it is asked, and writes its contribution. It answers nobody else. Nothing of it
is published (decision 0033).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Select, select, update
from sqlmodel import col

from accounts.permissions import Actor, actor_label
from config.conditions import is_one_of
from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from desk.acts.answers import Record
from desk.changes import CaseChange, ChangeKind
from desk.read_model.tables import DeskCase
from desk.units.passing import read_holding, unit_deadline
from desk.units.tables import DeskContribution
from desk.units.tiers import Tier, asked_cases, read_tree
from desk.units.tree import Unit

MAX_QUESTION_LENGTH = 1_000
MAX_CONTRIBUTION_LENGTH = 10_000
# What a unit wrote, the last ones.
_MOST_OF_UNITS = 200

# `over`: the case is done or has left the agency. `not-accountable`: only the accountable unit asks and withdraws.
# `unknown-unit`: the agency has no unit with this code. `not-in-force`: the unit gets no cases today.
# `is-accountable`: the unit has the case itself. `asked-already`: it has an open request about the case. `day-over` and
# `day-too-late`: as for a step. `not-asked`: there is no such open request to a unit of the person.
ContributionFault: TypeAlias = Literal[
    "over",
    "not-accountable",
    "unknown-unit",
    "not-in-force",
    "is-accountable",
    "asked-already",
    "question-missing",
    "question-too-long",
    "text-missing",
    "text-too-long",
    "day-over",
    "day-too-late",
    "not-asked",
]

# `over`: the case was done or left before the unit wrote.
ContributionState: TypeAlias = Literal["open", "given", "withdrawn", "over"]
# Stores what is told of a request or a contribution: the change, and the unit that is told; empty for the coordinators.
TellContribution: TypeAlias = Callable[[Connection, CaseChange, str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a unit. `day` is the last day for the contribution; `None` for the deadline of the case."""

    unit: str
    text: str
    day: date | None = None


class UnitContributions:
    """The acts. `new_id` returns random ids, `tell` stores the news. Every method may raise `DatabaseUnavailable`.

    `case` has the columns of `DeskCase`, and is one that the person may read. `tier` is that in which the person acts.
    """

    def __init__(
        self,
        engine: Engine,
        record: Record,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        tell: TellContribution,
    ) -> None:
        self._engine = engine
        self._record = record
        self._now = now
        self._new_id = new_id
        self._tell = tell

    def ask(
        self, actor: Actor, tier: Tier, case: Row[Any], question: Question, zone: tzinfo
    ) -> ContributionFault | None:
        """Ask a unit; return why nothing was done, if so. The same question again changes nothing.

        Days are those of the zone.
        """
        at = self._now()
        with read_transaction(self._engine) as connection:
            checked = _check(connection, tier, case, question, at, zone)
            if isinstance(checked, str):
                return checked
            if checked.is_repeated:
                return None
        self._record("desk.contribution_ask", f"{case.dispatch_id} {question.unit}", actor_label(actor), "ask", at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            checked = _check(connection, tier, case, question, at, zone)
            if isinstance(checked, str):
                return checked
            if checked.is_repeated:
                return None
            row = {
                "id": self._new_id(),
                "dispatch_id": case.dispatch_id,
                "complaint_id": case.complaint_id,
                "agency": case.agency,
                "unit_code": checked.unit.code,
                "unit": checked.unit.name,
                "question": question.text,
                "due_at": checked.due_at,
                "asked_by": actor.name,
                "asked_at": at,
                "text": "",
                "ended_by": "",
                "ended_at": None,
            }
            connection.execute(insert_statement(connection, DeskContribution).values(row))
            self._tell_of(connection, "contribution-asked", row["id"], case, checked.unit.code, at)
        return None

    def withdraw(self, actor: Actor, tier: Tier, case: Row[Any], contribution_id: UUID) -> ContributionFault | None:
        """Withdraw a request. The unit does not see the case any more, if it is not its own."""
        return self._end(actor, tier, case, contribution_id, "")

    def give(
        self, actor: Actor, tier: Tier, case: Row[Any], contribution_id: UUID, text: str
    ) -> ContributionFault | None:
        """Give the contribution of a unit of the tier. The same one again changes nothing."""
        if not text:
            return "text-missing"
        if len(text) > MAX_CONTRIBUTION_LENGTH:
            return "text-too-long"
        return self._end(actor, tier, case, contribution_id, text)

    def of_case(self, tier: Tier, case: Row[Any]) -> Sequence[Row[Any]]:
        """Return the requests about a complaint, oldest first: all for the accountable unit, else those to the tier."""
        is_shown = [
            col(DeskContribution.complaint_id) == case.complaint_id,
            col(DeskContribution.agency) == case.agency,
        ]
        if not tier.has_unit(case.unit_code):
            is_shown.append(is_one_of(col(DeskContribution.unit_code), sorted(tier.units or ())))
        with read_transaction(self._engine) as connection:
            query: Select[Any] = select(DeskContribution.__table__).where(*is_shown)  # type: ignore[attr-defined]
            query = query.order_by(col(DeskContribution.asked_at), col(DeskContribution.id))
            rows: Sequence[Any] = connection.execute(query).all()
        return rows

    def of_units(self, tier: Tier, *, is_open: bool = False) -> Sequence[Row[Any]]:
        """Return the last requests to the units of a tier, the latest first.

        A row has the columns of `DeskContribution`, the number of the case, and `is_over`: the case is done or has
        left. `is_open`: only those that wait for a contribution.
        """
        columns = DeskContribution.__table__.columns  # type: ignore[attr-defined]
        is_over = ~col(DeskCase.is_current) | (col(DeskCase.tab) == "done")
        query = (
            select(*columns, col(DeskCase.tracking), is_over.label("is_over"))
            .join(DeskCase, col(DeskCase.dispatch_id) == col(DeskContribution.dispatch_id))
            .where(col(DeskContribution.agency) == tier.agency)
        )
        if tier.units is not None:
            query = query.where(is_one_of(col(DeskContribution.unit_code), sorted(tier.units)))
        if is_open:
            query = query.where(col(DeskContribution.ended_at).is_(None), ~is_over)
        order = (col(DeskContribution.asked_at).desc(), col(DeskContribution.id))
        with read_transaction(self._engine) as connection:
            rows: Sequence[Any] = connection.execute(query.order_by(*order).limit(_MOST_OF_UNITS)).all()
        return rows

    def _end(
        self, actor: Actor, tier: Tier, case: Row[Any], contribution_id: UUID, text: str
    ) -> ContributionFault | None:
        at = self._now()
        with read_transaction(self._engine) as connection:
            checked = _check_end(connection, tier, case, contribution_id, text)
            if checked is None or isinstance(checked, str):
                return checked
        action, why = ("desk.contribution_give", "give") if text else ("desk.contribution_withdraw", "withdraw")
        self._record(action, f"{case.dispatch_id} {checked.unit_code}", actor_label(actor), why, at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            checked = _check_end(connection, tier, case, contribution_id, text)
            if checked is None or isinstance(checked, str):
                return checked
            ended = {"text": text, "ended_by": actor.name, "ended_at": at}
            connection.execute(
                update(DeskContribution).where(col(DeskContribution.id) == contribution_id).values(ended)
            )
            if text:
                accountable = read_holding(connection, case.dispatch_id).unit_code
                # One id for one change: that of the request is taken by its own news.
                self._tell_of(connection, "contribution-given", self._new_id(), case, accountable, at)
        return None

    def _tell_of(
        self, connection: Connection, kind: ChangeKind, change_id: UUID, case: Row[Any], told: str, at: datetime
    ) -> None:
        change = CaseChange(change_id, kind, case.agency, case.tracking, case.dispatch_id, case.state, at)
        self._tell(connection, change, told)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A question that may be asked. `is_repeated`: it is asked already."""

    unit: Unit
    due_at: datetime
    is_repeated: bool


def _check(
    connection: Connection, tier: Tier, case: Row[Any], question: Question, now: datetime, zone: tzinfo
) -> _Checked | ContributionFault:
    if _is_over(connection, case):
        return "over"
    holding = read_holding(connection, case.dispatch_id)
    if not tier.has_unit(holding.unit_code):
        return "not-accountable"
    today = now.astimezone(zone).date()
    unit = _asked_unit(read_tree(connection, tier.agency).units.get(question.unit), holding.unit_code, today)
    if isinstance(unit, str):
        return unit
    if fault := _text_fault(question.text):
        return fault
    limit = case.due_at if tier.is_whole else holding.unit_due_at or case.due_at
    due_at = unit_deadline(question.day, today, limit, zone)
    if isinstance(due_at, str):
        return due_at
    return _compared(connection, case, question, _Checked(unit, due_at or limit, is_repeated=False))


def _asked_unit(unit: Unit | None, accountable: str, today: date) -> Unit | ContributionFault:
    if unit is None:
        return "unknown-unit"
    if unit.code == accountable:
        return "is-accountable"
    return unit if unit.is_in_force(today) else "not-in-force"


def _text_fault(text: str) -> ContributionFault | None:
    if not text:
        return "question-missing"
    return "question-too-long" if len(text) > MAX_QUESTION_LENGTH else None


def _compared(
    connection: Connection, case: Row[Any], question: Question, checked: _Checked
) -> _Checked | ContributionFault:
    """Compare a question with an open one to the same unit about the case."""
    query = select(col(DeskContribution.question), col(DeskContribution.due_at)).where(
        col(DeskContribution.dispatch_id) == case.dispatch_id,
        col(DeskContribution.unit_code) == checked.unit.code,
        col(DeskContribution.ended_at).is_(None),
    )
    earlier = connection.execute(query).one_or_none()
    if earlier is None:
        return checked
    is_repeated = (earlier.question, earlier.due_at) == (question.text, checked.due_at)
    return replace(checked, is_repeated=True) if is_repeated else "asked-already"


def _check_end(
    connection: Connection, tier: Tier, case: Row[Any], contribution_id: UUID, text: str
) -> Row[Any] | ContributionFault | None:
    """Return the request that may be ended so; `None` if it was ended so before."""
    query = select(DeskContribution.__table__).where(  # type: ignore[attr-defined]
        col(DeskContribution.id) == contribution_id, col(DeskContribution.dispatch_id) == case.dispatch_id
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return "not-asked"
    may_end = tier.has_unit(row.unit_code if text else read_holding(connection, case.dispatch_id).unit_code)
    if not may_end:
        return "not-asked" if text else "not-accountable"
    if row.ended_at is not None:
        return None if row.text == text else "not-asked"
    return "over" if text and _is_over(connection, case) else row


def _is_over(connection: Connection, case: Row[Any]) -> bool:
    query = select(col(DeskCase.is_current), col(DeskCase.tab)).where(col(DeskCase.dispatch_id) == case.dispatch_id)
    row = connection.execute(query).one_or_none()
    return row is None or not row.is_current or row.tab == "done"


def waiting_contributions(connection: Connection, agency: str, dispatch_ids: Collection[UUID]) -> frozenset[UUID]:
    """Return those of these cases of an agency that wait for a contribution of a unit."""
    query = asked_cases(Tier(agency)).where(is_one_of(col(DeskContribution.dispatch_id), dispatch_ids))
    return frozenset(connection.execute(query).scalars())


def is_running(case: Row[Any]) -> bool:
    """Return True if units may be asked about a case: it is here, and not done."""
    return bool(case.is_current) and case.tab != "done"


def state_in_case(row: Row[Any], case: Row[Any]) -> ContributionState:
    """Return the state of a request about a complaint. One about an earlier dispatch of it is over."""
    return contribution_state(row, is_over=not is_running(case) or row.dispatch_id != case.dispatch_id)


def contribution_state(row: Row[Any], *, is_over: bool) -> ContributionState:
    """Return the state of a request. `is_over`: the case is done or has left."""
    if row.text:
        return "given"
    if row.ended_at is not None:
        return "withdrawn"
    return "over" if is_over else "open"

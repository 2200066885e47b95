"""Passing a case on to a unit, and giving it back. One unit is accountable at any moment, or the institution itself.

Nothing of it is published: no fact and no clock of the case changes (decision 0033).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select, update
from sqlmodel import col

from accounts.permissions import Actor, actor_label
from config.database import DatabaseLock, insert_statement, lock_until_commit, read_transaction, write_transaction
from desk.acts.answers import Record
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.changes import CaseChange
from desk.read_model.change_order import number_changes
from desk.read_model.tables import DeskCase
from desk.units.tables import DeskContribution
from desk.units.tiers import Tier, read_tree
from desk.units.tree import UnitTree

# After so many returns a case goes to the coordinators, and nothing passes it on by itself.
MOST_RETURNS = 2

# `moved`: the case has left the agency. `unknown-unit`: no unit of the tier has this code. `not-in-force`: the unit
# gets no cases today. `day-over`: the deadline is before today. `day-too-late`: it is behind the deadline within which
# the unit must be done. `why-missing`: a return needs a reason. `not-accountable`: the case is not at the unit of the
# person. `not-seen`: another person has passed the case on to where this one does not see it.
PassingFault: TypeAlias = Literal[
    "moved",
    "unknown-unit",
    "not-in-force",
    "day-over",
    "day-too-late",
    "why-missing",
    "not-accountable",
    "not-seen",
]

# Stores what units are told of a case that came to one: the change, the unit before, and the unit now.
TellUnits: TypeAlias = Callable[[Connection, CaseChange, str, str], None]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that a person wants. `day` is the last day of the unit's own deadline; `None` for none."""

    unit: str
    why: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class _Holding:
    """What `desk_holder` has of a case."""

    unit_code: str = ""
    unit_due_at: datetime | None = None
    unit_from: str = ""
    returns: int = 0


class UnitPassing:
    """The acts. `new_id` returns random ids, `tell` stores the news. Every method may raise `DatabaseUnavailable`."""

    def __init__(
        self, engine: Engine, record: Record, now: Callable[[], datetime], new_id: Callable[[], UUID], tell: TellUnits
    ) -> None:
        self._engine = engine
        self._tell = tell
        self._record = record
        self._now = now
        self._new_id = new_id

    def pass_on(self, actor: Actor, tier: Tier, case: Row[Any], step: Step, zone: tzinfo) -> PassingFault | None:
        """Make a unit of the tier accountable for a case; return why nothing was done, if so.

        `case` has the columns of `DeskCase`. The same step again changes nothing. Days are those of the zone.
        """
        at = self._now()
        with read_transaction(self._engine) as connection:
            checked = _check(connection, tier, case, step, at, zone)
            if isinstance(checked, str):
                return checked
            if _is_repeated(connection, case, step, checked):
                return None
        self._record("desk.pass_on", f"{case.dispatch_id} {step.unit}", actor_label(actor), "pass on", at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            checked = _check(connection, tier, case, step, at, zone)
            if isinstance(checked, str):
                return checked
            tree = read_tree(connection, tier.agency)
            earlier = read_holding(connection, case.dispatch_id)
            values = {
                "unit": tree.units[step.unit].name,
                "unit_code": step.unit,
                "unit_due_at": checked.due_at,
                "unit_told": None,
                "unit_from": earlier.unit_from if earlier.unit_code == step.unit else earlier.unit_code,
            }
            self._store(connection, actor, case, values, step.why, at, is_return=False)
        return None

    def give_back(self, actor: Actor, case: Row[Any], why: str) -> PassingFault | None:
        """Give a case of the person's own unit back with a reason; return why nothing was done, if so.

        It goes to the unit above from which it came, and the second time to the coordinators.
        """
        if not why:
            return "why-missing"
        at = self._now()
        with read_transaction(self._engine) as connection:
            if fault := _return_fault(actor, case, read_holding(connection, case.dispatch_id)):
                return fault
        self._record("desk.give_back", f"{case.dispatch_id} {actor.unit}", actor_label(actor), "give back", at)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.UNITS)
            holding = read_holding(connection, case.dispatch_id)
            if fault := _return_fault(actor, case, holding):
                return fault
            tree = read_tree(connection, case.agency)
            target = target_of_return(tree, holding.unit_code, holding.unit_from, holding.returns)
            values = {
                "unit": tree.units[target].name if target else "",
                "unit_code": target,
                "unit_due_at": None,
                "unit_told": None,
                "unit_from": "",
                "returns": holding.returns + 1,
            }
            self._store(connection, actor, case, values, why, at, is_return=True)
        return None

    def _store(
        self,
        connection: Connection,
        actor: Actor,
        case: Row[Any],
        values: dict[str, Any],
        why: str,
        at: datetime,
        *,
        is_return: bool,
    ) -> None:
        earlier_unit = read_holding(connection, case.dispatch_id).unit_code
        step = {
            "id": self._new_id(),
            "dispatch_id": case.dispatch_id,
            "agency": case.agency,
            "unit": values["unit"],
            "unit_code": values["unit_code"],
            "unit_due_at": values["unit_due_at"],
            "is_return": is_return,
            "account_id": "",
            "name": "",
            "actor": actor.name,
            "why": why,
            "at": at,
        }
        connection.execute(insert_statement(connection, DeskAssignment).values(step))
        # Who had the case may not see it any more.
        values = {**values, "account_id": "", "name": ""}
        row = {"dispatch_id": case.dispatch_id, "agency": case.agency, "returns": 0, **values}
        statement = insert_statement(connection, DeskHolder).values(row)
        connection.execute(statement.on_conflict_do_update(index_elements=["dispatch_id"], set_=values))
        # A unit that has the case is not asked about it any more.
        is_asked = (
            col(DeskContribution.dispatch_id) == case.dispatch_id,
            col(DeskContribution.unit_code) == values["unit_code"],
            col(DeskContribution.ended_at).is_(None),
        )
        connection.execute(update(DeskContribution).where(*is_asked).values(ended_at=at, ended_by=actor.name))
        # What the agency had of this complaint before is read with it.
        earlier = select(col(DeskCase.dispatch_id)).where(
            col(DeskCase.complaint_id) == case.complaint_id, col(DeskCase.agency) == case.agency
        )
        follows = {"unit": values["unit"], "unit_code": values["unit_code"]}
        connection.execute(update(DeskHolder).where(col(DeskHolder.dispatch_id).in_(earlier)).values(follows))
        # Programs with a key of the unit find the case in their list.
        number_changes(connection, {case.dispatch_id: case.agency})
        change = CaseChange(step["id"], "received", case.agency, case.tracking, case.dispatch_id, case.state, at)
        self._tell(connection, change, earlier_unit, values["unit_code"])


@dataclass(frozen=True, slots=True)
class _Checked:
    """A step that is possible, with the deadline of the unit."""

    due_at: datetime | None


def _check(
    connection: Connection, tier: Tier, case: Row[Any], step: Step, now: datetime, zone: tzinfo
) -> _Checked | PassingFault:
    if not case.is_current:
        return "moved"
    holding = read_holding(connection, case.dispatch_id)
    if not tier.has_unit(holding.unit_code):
        return "not-seen"
    unit = read_tree(connection, tier.agency).units.get(step.unit)
    if unit is None or not tier.has_unit(unit.code):
        return "unknown-unit"
    today = now.astimezone(zone).date()
    if not unit.is_in_force(today):
        return "not-in-force"
    # A unit passes on within its own time, who sees the whole institution within that of the institution.
    limit = case.due_at if tier.is_whole else holding.unit_due_at or case.due_at
    due_at = unit_deadline(step.day, today, limit, zone)
    return due_at if isinstance(due_at, str) else _Checked(due_at)


def unit_deadline(
    day: date | None, today: date, limit: datetime, zone: tzinfo
) -> datetime | Literal["day-over", "day-too-late"] | None:
    """Return the deadline of a unit on a day: its last minute, or the limit on the limit's day; without a day, none."""
    if day is None:
        return None
    if day < today:
        return "day-over"
    # A limit at midnight is the end of the day before.
    if day > (limit - timedelta(microseconds=1)).astimezone(zone).date():
        return "day-too-late"
    return min(datetime.combine(day, time(23, 59), zone), limit)


def target_of_return(tree: UnitTree, unit: str, came_from: str, returns: int) -> str:
    """Return the unit to which a unit gives a case back; empty for the coordinators."""
    if returns + 1 >= MOST_RETURNS or came_from not in tree.above(unit):
        return ""
    return came_from


def read_holding(connection: Connection, dispatch_id: UUID) -> _Holding:
    """Return what is stored about the unit of a case."""
    names = ("unit_code", "unit_due_at", "unit_from", "returns")
    query = select(*(col(getattr(DeskHolder, name)) for name in names))
    row = connection.execute(query.where(col(DeskHolder.dispatch_id) == dispatch_id)).one_or_none()
    return _Holding(*row) if row else _Holding()


def _return_fault(actor: Actor, case: Row[Any], holding: _Holding) -> PassingFault | None:
    if not case.is_current:
        return "moved"
    return None if actor.unit and holding.unit_code == actor.unit else "not-accountable"


def _is_repeated(connection: Connection, case: Row[Any], step: Step, checked: _Checked) -> bool:
    """Return True if the case has this unit by this very step."""
    holding = read_holding(connection, case.dispatch_id)
    if holding.unit_code != step.unit or holding.unit_due_at != checked.due_at:
        return False
    query = (
        select(col(DeskAssignment.why))
        .where(col(DeskAssignment.dispatch_id) == case.dispatch_id, col(DeskAssignment.unit_code) != "")
        .order_by(col(DeskAssignment.at).desc())
    )
    return connection.execute(query.limit(1)).scalar_one_or_none() in {None, step.why}

"""Stores who is told of the deadlines of cases, in the transaction in which the change became known."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, or_, select
from sqlmodel import col

from accounts.account_store import is_in_office
from accounts.permissions import AGENCY_ROLES, Role
from accounts.tables import AccountRow
from config.conditions import is_one_of
from config.reference.escalation import EscalationTable, Hearer, Way
from config.row_insertion import insert_missing_rows
from desk.acts.tables import DeskHolder
from desk.change_age import MAILED_AGE, recent_changes
from desk.changes import CaseChange
from desk.escalation.hearers import Holding, Person, told_persons
from desk.escalation.tables import DeskToldPerson
from desk.units.tiers import read_tree

_PERSON = ("id", "role", "agency", "unit", "stand_in", "away_from", "away_until")
_OF_INSTITUTION = tuple(role.value for role in sorted(AGENCY_ROLES))


class EscalatedChanges(NamedTuple):
    """The changes of which webhooks are told, and those of which officers may get an e-mail."""

    by_webhook: Sequence[CaseChange]
    by_mail: Sequence[CaseChange]


class Escalation:
    """Decides by the rules who hears of a deadline. `now` is the clock; without `has_mail` nobody is told by e-mail."""

    def __init__(self, rules: EscalationTable, now: Callable[[], datetime], *, has_mail: bool) -> None:
        self._rules = rules
        self._now = now
        self._has_mail = has_mail

    def add(self, connection: Connection, changes: Sequence[CaseChange]) -> EscalatedChanges:
        """Store who is told of these changes; return them by the ways of their rules.

        A change that is processed again tells nobody else. One that is no deadline's goes every way.
        """
        self._store(connection, [change for change in recent_changes(changes, self._now()) if change.reached])
        return EscalatedChanges(
            [change for change in changes if "webhook" in self._ways(change)],
            [change for change in changes if "mail" in self._ways(change)],
        )

    def _ways(self, change: CaseChange) -> Collection[Way]:
        if change.reached is None:
            return ("webhook", "mail")
        return frozenset[Way]().union(*self._rules.hearers(*change.reached).values())

    def _store(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        told = _told_changes(connection, {change.id for change in changes})
        new = {change.id: change for change in changes if change.id not in told and self._ways(change)}
        if not new:
            return
        persons = _persons(connection, {change.agency for change in new.values()}, self._now())
        trees = {agency: read_tree(connection, agency) for agency in persons}
        holdings = _holdings(connection, {change.dispatch_id for change in new.values()})
        rows = [
            self._row(change, account_id, who, ways)
            for change in new.values()
            for account_id, who, ways in told_persons(
                self._rules.hearers(*change.reached) if change.reached else {},
                persons[change.agency],
                trees[change.agency],
                holdings.get(change.dispatch_id, Holding()),
            )
        ]
        insert_missing_rows(connection, DeskToldPerson, [row for row in rows if row["by_desk"] or row["by_mail"]])

    def _row(self, change: CaseChange, account_id: str, who: Hearer, ways: Collection[Way]) -> dict[str, Any]:
        now = self._now()
        clock, moment = change.reached or ("", "")
        return {
            "change_id": change.id,
            "account_id": account_id,
            "dispatch_id": change.dispatch_id,
            "agency": change.agency,
            "clock": clock,
            "moment": moment,
            "who": who,
            "by_desk": "desk" in ways,
            "by_mail": "mail" in ways and self._has_mail and change.at >= now - MAILED_AGE,
            "told_at": now,
        }


def _told_changes(connection: Connection, change_ids: Collection[UUID]) -> Collection[UUID]:
    """Return those of the changes of which somebody was told before."""
    if not change_ids:
        return ()
    query = select(col(DeskToldPerson.change_id)).where(is_one_of(col(DeskToldPerson.change_id), change_ids))
    return set(connection.execute(query.distinct()).scalars())


def _persons(connection: Connection, agencies: Collection[str], now: datetime) -> Mapping[str, Sequence[Person]]:
    """Return who of each institution may sign in, with all overseers: by name, so that lists have one order."""
    is_of_agency = is_one_of(col(AccountRow.agency), agencies) & is_one_of(col(AccountRow.role), _OF_INSTITUTION)
    query = (
        select(*(col(getattr(AccountRow, name)) for name in _PERSON))
        .where(is_in_office(now), or_(is_of_agency, col(AccountRow.role) == Role.OVERSEER.value))
        .order_by(col(AccountRow.name), col(AccountRow.id))
    )
    persons: defaultdict[str, list[Person]] = defaultdict(list, {agency: [] for agency in agencies})
    rows = connection.execute(query).all()
    agency_of = {row.id: row.agency for row in rows}
    for row in rows:
        is_away = row.away_from is not None and row.away_until is not None and row.away_from <= now < row.away_until
        # One who works there no more stands in for nobody.
        stand_in = str(row.stand_in) if is_away and agency_of.get(row.stand_in) == row.agency else ""
        person = Person(str(row.id), Role(row.role), row.unit, stand_in)
        for agency in agencies if person.role is Role.OVERSEER else (row.agency,):
            persons[agency].append(person)
    return persons


def _holdings(connection: Connection, dispatch_ids: Collection[UUID]) -> Mapping[UUID, Holding]:
    names = ("dispatch_id", "unit_code", "account_id")
    query = select(*(col(getattr(DeskHolder, name)) for name in names))
    rows = connection.execute(query.where(is_one_of(col(DeskHolder.dispatch_id), dispatch_ids)))
    return {row.dispatch_id: Holding(row.unit_code, row.account_id) for row in rows}

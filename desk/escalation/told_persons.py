"""Reads who was told of deadlines: for the e-mail, for a case, and for the page of a person."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlmodel import col

from accounts.tables import AccountRow
from config.conditions import is_one_of
from desk.escalation.tables import DeskToldPerson
from desk.read_model.tables import DeskCase


class ToldMoment(NamedTuple):
    """A moment that a case has reached, and who was told of it then: kind of person and name, sorted.

    Overseers have no name here: an institution learns that they were told, not who they are.
    """

    clock: str
    moment: str
    told_at: datetime
    persons: Sequence[tuple[str, str]]


def mailed_changes(connection: Connection, change_ids: Collection[UUID]) -> Mapping[str, Collection[UUID]]:
    """Return those of the changes of which an e-mail tells, by the account of its reader."""
    told: defaultdict[str, set[UUID]] = defaultdict(set)
    query = select(col(DeskToldPerson.account_id), col(DeskToldPerson.change_id)).where(
        is_one_of(col(DeskToldPerson.change_id), change_ids), col(DeskToldPerson.by_mail)
    )
    for account_id, change_id in connection.execute(query) if change_ids else ():
        told[account_id].add(change_id)
    return told


def told_moments(
    connection: Connection, agency: str, dispatch_ids: Collection[UUID]
) -> Mapping[UUID, Sequence[ToldMoment]]:
    """Return who was told of the deadlines of an agency's cases, the latest moment first."""
    if not dispatch_ids:
        return {}
    names = ("dispatch_id", "change_id", "clock", "moment", "who", "account_id", "told_at")
    query = select(*(col(getattr(DeskToldPerson, name)) for name in names)).where(
        is_one_of(col(DeskToldPerson.dispatch_id), dispatch_ids), col(DeskToldPerson.agency) == agency
    )
    rows = connection.execute(query.order_by(col(DeskToldPerson.told_at).desc(), col(DeskToldPerson.change_id))).all()
    names_of_accounts = _names(connection, {row.account_id for row in rows if row.who != "overseer"})
    by_change = defaultdict(list)
    for row in rows:
        by_change[(row.dispatch_id, row.change_id)].append(row)
    moments: defaultdict[UUID, list[ToldMoment]] = defaultdict(list)
    for (dispatch_id, _), told in by_change.items():
        persons = sorted({(row.who, names_of_accounts.get(row.account_id, "")) for row in told})
        moments[dispatch_id].append(ToldMoment(told[0].clock, told[0].moment, told[0].told_at, persons))
    return moments


def told_cases(connection: Connection, agency: str, account_id: UUID, limit: int) -> Sequence[str]:
    """Return the numbers of the open cases of whose deadlines the desk told a person, the latest first.

    The caller leaves out those that the person does not see any more.
    """
    query = (
        select(col(DeskCase.tracking))
        .join(DeskToldPerson, col(DeskToldPerson.dispatch_id) == col(DeskCase.dispatch_id))
        .where(
            col(DeskToldPerson.account_id) == str(account_id),
            col(DeskToldPerson.agency) == agency,
            col(DeskToldPerson.by_desk),
            col(DeskCase.is_current),
            col(DeskCase.tab) != "done",
        )
        .group_by(col(DeskCase.tracking))
        .order_by(func.max(col(DeskToldPerson.told_at)).desc(), col(DeskCase.tracking))
        .limit(limit)
    )
    return connection.execute(query).scalars().all()


def _names(connection: Connection, account_ids: Collection[str]) -> Mapping[str, str]:
    ids = {UUID(account_id) for account_id in account_ids}
    if not ids:
        return {}
    query = select(col(AccountRow.id), col(AccountRow.name)).where(is_one_of(col(AccountRow.id), ids))
    return {str(row.id): row.name for row in connection.execute(query)}

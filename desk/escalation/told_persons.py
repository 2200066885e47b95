"""Reads who was told of deadlines."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from config.conditions import is_one_of
from desk.escalation.tables import DeskToldPerson


def mailed_changes(connection: Connection, change_ids: Collection[UUID]) -> Mapping[str, Collection[UUID]]:
    """Return those of the changes of which an e-mail tells, by the account of its reader."""
    told: defaultdict[str, set[UUID]] = defaultdict(set)
    query = select(col(DeskToldPerson.account_id), col(DeskToldPerson.change_id)).where(
        is_one_of(col(DeskToldPerson.change_id), change_ids), col(DeskToldPerson.by_mail)
    )
    for account_id, change_id in connection.execute(query) if change_ids else ():
        told[account_id].add(change_id)
    return told

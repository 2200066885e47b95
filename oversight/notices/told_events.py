"""Reads which events of oversight were told already: they are on the topic, or were published and come back by it."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, select, union
from sqlmodel import col

from cases.facts.tables import EventFact
from config.conditions import is_one_of
from oversight.notices.tables import OversightNotice

_IDS: BindParameter[Any] = bindparam("ids")
# Built once: each batch executes it.
_TOLD = union(
    select(col(OversightNotice.id)).where(is_one_of(col(OversightNotice.id), _IDS)),
    select(col(EventFact.id)).where(is_one_of(col(EventFact.id), _IDS)),
)


def told_events(connection: Connection, event_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some events that were told, by their ids."""
    ids = set(event_ids)
    return set(connection.execute(_TOLD, {"ids": ids}).scalars()) if ids else ids

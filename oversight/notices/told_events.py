"""Reads which events of oversight are on the topic already."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, select
from sqlmodel import col

from config.conditions import is_one_of
from oversight.notices.tables import OversightNotice

_IDS: BindParameter[Any] = bindparam("ids")
# Built once: each batch executes it.
_TOLD = select(col(OversightNotice.id)).where(is_one_of(col(OversightNotice.id), _IDS))


def told_events(connection: Connection, event_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some events that are on the topic, by their ids."""
    ids = set(event_ids)
    return set(connection.execute(_TOLD, {"ids": ids}).scalars()) if ids else ids

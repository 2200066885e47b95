"""Reads which events of oversight are on the topic already."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, select
from sqlmodel import col

from config.database import statement_chunks
from oversight.notices.tables import OversightNotice

_IDS: BindParameter[UUID] = bindparam("ids", expanding=True)
# Built once: each batch executes it.
_TOLD = select(col(OversightNotice.id)).where(col(OversightNotice.id).in_(_IDS))


def told_events(connection: Connection, event_ids: Iterable[UUID]) -> set[UUID]:
    """Return those of some events that are on the topic, by their ids."""
    return {
        event_id
        for chunk in statement_chunks(sorted(set(event_ids)))
        for event_id in connection.execute(_TOLD, {"ids": chunk}).scalars()
    }

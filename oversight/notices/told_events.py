"""Reads which events of oversight were told already: they are on the topic, or were published and come back by it."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import BindParameter, CompoundSelect, Connection, bindparam, select, union_all
from sqlmodel import col

from cases.facts.tables import EventFact
from config.conditions import is_one_of
from oversight.notices.tables import OversightNotice

# Ids of the events of each case that were told. Most cases have none.
ToldEvents: TypeAlias = Mapping[UUID, Collection[UUID]]

_IDS: BindParameter[Any] = bindparam("ids")
# Built once: each batch executes it.
_TOLD: CompoundSelect[Any] = union_all(
    select(col(OversightNotice.complaint_id).label("case_id"), col(OversightNotice.id)).where(
        is_one_of(col(OversightNotice.complaint_id), _IDS)
    ),
    select(col(EventFact.subject), col(EventFact.id)).where(is_one_of(col(EventFact.subject), _IDS)),
)


def told_events(connection: Connection, case_ids: Collection[UUID]) -> ToldEvents:
    """Return the events of some cases that were told."""
    told: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for case_id, event_id in connection.execute(_TOLD, {"ids": case_ids}) if case_ids else ():
        told[case_id].add(event_id)
    return told

"""Reads with one statement what is stored about the records and the complaints of a batch before it is routed."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Uuid, bindparam, cast, literal_column, null, select, union_all
from sqlmodel import col

from config.conditions import is_one_of
from messages.codec import decode_stored
from messages.shapes import Dispatch
from privacy.forgotten import FORGOTTEN_COMPLAINTS
from router.store import Cause, RoutedDispatch

_COMPLAINT_IDS: BindParameter[Any] = bindparam("complaint_ids")
_NOTHING: Sequence[Any] = (literal_column("''"), cast(null(), Uuid), literal_column("0"), literal_column("''"))
_STORED = union_all(
    select(
        literal_column("'dispatched'").label("kind"),
        col(RoutedDispatch.complaint_id),
        col(RoutedDispatch.position),
        col(RoutedDispatch.cause_id),
        col(RoutedDispatch.shape_version),
        col(RoutedDispatch.dispatch),
    ).where(is_one_of(col(RoutedDispatch.position), bindparam("positions"))),
    select(literal_column("'followed'"), col(RoutedDispatch.follows), *_NOTHING)
    .where(is_one_of(col(RoutedDispatch.follows), _COMPLAINT_IDS))
    .distinct(),
    select(literal_column("'forgotten'"), *FORGOTTEN_COMPLAINTS.subquery().c, *_NOTHING),
)


class StoredBatch(NamedTuple):
    """What is stored about a batch.

    `dispatches` are those to which each record led when it was routed first. `followed_ids` are complaints that others
    repeat or join, or once did, and `forgotten_ids` those of forgotten persons.
    """

    dispatches: Mapping[Cause, Sequence[Dispatch]]
    followed_ids: Collection[UUID]
    forgotten_ids: Collection[UUID]


def read_stored_batch(connection: Connection, positions: Iterable[str], complaint_ids: Iterable[UUID]) -> StoredBatch:
    """Return what is stored about the records at these positions, and about the complaints among them."""
    dispatches: dict[Cause, list[Dispatch]] = defaultdict(list)
    ids: dict[str, set[UUID]] = {"followed": set(), "forgotten": set()}
    parameters = {"positions": list(positions), "complaint_ids": sorted(set(complaint_ids))}
    for kind, complaint_id, position, cause_id, version, dispatch in connection.execute(_STORED, parameters):
        if kind == "dispatched":
            dispatches[Cause(position, cause_id)].append(decode_stored(Dispatch, version, dispatch))
        else:
            ids[kind].add(complaint_id)
    return StoredBatch(dispatches, ids["followed"], ids["forgotten"])

"""Pairs of complaints that a person keeps apart, and the suggestions that are settled."""

from uuid import UUID

from sqlalchemy import Connection, bindparam
from sqlmodel import Field, SQLModel, col, select

from config.database import has_row, insert_statement
from config.table_declaration import IDS, declared
from messages.shapes import Dispatch


class KeptApartPair(SQLModel, table=True):
    """Two complaints that a person split or kept apart. Each pair has two rows, one for each order."""

    __tablename__ = "router_kept_apart"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    apart_from: UUID = Field(primary_key=True)


_PAIR = select(KeptApartPair.complaint_id).where(
    col(KeptApartPair.complaint_id) == bindparam("complaint_id"),
    col(KeptApartPair.apart_from) == bindparam("apart_from"),
)


def store_kept_apart(connection: Connection, complaint_id: UUID, apart_from: UUID) -> None:
    """Store that two complaints are never one problem."""
    pairs = ((complaint_id, apart_from), (apart_from, complaint_id))
    rows = [{"complaint_id": first, "apart_from": second} for first, second in pairs]
    connection.execute(insert_statement(connection, KeptApartPair).on_conflict_do_nothing(), rows)


def is_kept_apart(connection: Connection, complaint_id: UUID, apart_from: UUID) -> bool:
    """Return whether a person keeps two complaints apart."""
    pair = {"complaint_id": complaint_id, "apart_from": apart_from}
    return has_row(connection, _PAIR, pair)


def accompanies(dispatch: Dispatch | None, case_id: UUID) -> bool:
    """Return whether a dispatch belongs to the case of a complaint; False for `None`."""
    return dispatch is not None and not dispatch.own_case and dispatch.relation.of == case_id

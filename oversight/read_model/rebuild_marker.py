"""Rows that say that the read model is being built again: until then it lacks facts that the topics have."""

from sqlalchemy import Connection, delete, func, insert, select
from sqlmodel import col

from config.database import has_row
from oversight.read_model.tables import OversightRebuild


def begin_rebuild(connection: Connection) -> int:
    """Store that a rebuild begins; return its number. The caller holds the lock."""
    number = int(connection.execute(select(func.coalesce(func.max(col(OversightRebuild.number)), 0))).scalar_one()) + 1
    connection.execute(insert(OversightRebuild), [{"number": number}])
    return number


def end_rebuild(connection: Connection, number: int) -> None:
    """Store that a rebuild has read everything. It replaces the ones before it, also those that did not end."""
    connection.execute(delete(OversightRebuild).where(col(OversightRebuild.number) <= number))


def is_being_rebuilt(connection: Connection) -> bool:
    """Return whether a rebuild has begun and none has ended since."""
    return has_row(connection, select(col(OversightRebuild.number)))

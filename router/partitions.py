"""Partitions and complaints that a transaction of the router holds while it routes a batch. A partition has a row.

A router that is frozen inside its transaction loses its partitions to another one. When it thaws, the bus refuses its
commit, but the database does not. So the other one must not read what is stored about a record before that transaction
has ended: it waits for the row of the partition, and then publishes what it reads (decision 0029).
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Executable, case
from sqlmodel import Field, SQLModel, col, select

from bus.port import Partition, Record
from config.database import insert_of_dialect, lock_keys_until_commit
from config.row_insertion import array_insertion, execute_for_rows
from config.table_declaration import declared, kept


class RoutedPartition(SQLModel, table=True):
    """One partition. `next_offset` is the offset after the last record of it that was ever routed."""

    __tablename__ = "router_partition"
    __table_args__ = declared(kept("offsets of the bus"), retention="operation")

    topic: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    next_offset: int = Field(sa_type=BigInteger)


def hold_partitions(connection: Connection, records: Sequence[Record]) -> None:
    """Hold the partitions of these records until the transaction ends. This must be its first statement.

    A second transaction waits, then sees the first one's rows. The wait has a limit (`PostgresqlLimits.lock`), after
    which the transaction raises `DatabaseUnavailable`. SQLite has only one writer at a time without it.
    """
    offsets: dict[Partition, int] = {}
    for record in records:
        partition = Partition(record.topic, record.partition)
        offsets[partition] = max(record.offset + 1, offsets.get(partition, 0))
    # One order for all transactions, so that none waits for another in a circle.
    rows = [
        {"topic": partition.topic, "number": partition.number, "next_offset": next_offset}
        for partition, next_offset in sorted(offsets.items())
    ]
    execute_for_rows(connection, RoutedPartition, rows, _holding_row, _holding_arrays)


def hold_complaints(connection: Connection, complaint_ids: Collection[UUID]) -> None:
    """Hold these complaints until the transaction ends, whether they were routed or not. Call it before they are read.

    A complaint and the one that it repeats may be on two partitions. Two routers that route them at the same moment
    would not see each other's dispatch, and the repeat would stay apart from its case. SQLite has only one writer.
    """
    lock_keys_until_commit(connection, {int.from_bytes(id_.bytes[:8], signed=True) for id_ in complaint_ids})


def read_next_offsets(connection: Connection) -> dict[Partition, int]:
    """Return the offset after the last routed record of each partition."""
    rows = connection.execute(select(RoutedPartition.topic, RoutedPartition.number, RoutedPartition.next_offset))
    return {Partition(topic, number): next_offset for topic, number, next_offset in rows}


@cache
def _holding_row(dialect: str, table: type[SQLModel]) -> Executable:
    return _holding(insert_of_dialect(dialect, table))


@cache
def _holding_arrays(table: type[SQLModel], names: tuple[str, ...]) -> Executable:
    return _holding(array_insertion(table, names))


def _holding(insertion: Any) -> Executable:
    """Return an insertion that changes a row which is there, and so locks it. The offset never goes back."""
    stored, new = col(RoutedPartition.next_offset), insertion.excluded.next_offset
    key = [col(RoutedPartition.topic), col(RoutedPartition.number)]
    statement: Executable = insertion.on_conflict_do_update(
        index_elements=key, set_={"next_offset": case((new > stored, new), else_=stored)}
    )
    return statement

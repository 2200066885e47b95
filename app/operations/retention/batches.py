"""Purges rows batch by batch, so that no transaction is long. An interrupted purge is continued by the next one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, func
from sqlmodel import SQLModel, select

from config.database import read_transaction, write_transaction

# Rows of one transaction: other processes wait only shortly for a row, and little is in memory.
ROWS_PER_TRANSACTION = 500


def purge_in_batches(
    engine: Engine,
    table: type[SQLModel],
    key: Any,
    condition: ColumnElement[bool],
    purge_rows: Callable[[Connection, list[Any]], object],
    *,
    dry: bool,
) -> int:
    """Purge the rows that meet the condition, and return their number. `dry`: only count.

    A purged row must not meet the condition any more. Raises `DatabaseUnavailable`.
    """
    if dry:
        with read_transaction(engine) as connection:
            return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
    count = 0
    while True:
        with write_transaction(engine) as connection:
            keys = list(connection.execute(select(key).where(condition).limit(ROWS_PER_TRANSACTION)).scalars())
            purge_rows(connection, keys)
        count += len(keys)
        if len(keys) < ROWS_PER_TRANSACTION:
            return count


def batches_of(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield the values in batches of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]

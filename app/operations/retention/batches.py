"""Purges rows batch by batch, so that no transaction is long. An interrupted purge is continued by the next one."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, func
from sqlmodel import SQLModel, select

from config.conditions import is_one_of
from config.database import read_transaction, write_transaction

# Rows of one transaction: other processes wait only shortly for a row, and little is in memory.
ROWS_PER_TRANSACTION = 500
# Keys that are read at once, and are in memory.
_KEYS_PER_READ = 20_000


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

    The rows are looked for in transactions that only read: SQLite has one writer at a time, and the doors would wait
    while a table of millions of rows is read. A row that does not meet the condition any more is not purged. Raises
    `DatabaseUnavailable`.
    """
    if dry:
        with read_transaction(engine) as connection:
            return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())
    count = 0
    for page in _key_pages(engine, select(key).where(condition).order_by(key).limit(_KEYS_PER_READ), key):
        for batch in batches_of(page, ROWS_PER_TRANSACTION):
            with write_transaction(engine) as connection:
                keys = list(connection.execute(select(key).where(is_one_of(key, batch), condition)).scalars())
                purge_rows(connection, keys)
            count += len(keys)
    return count


def _key_pages(engine: Engine, query: Select[Any], key: Any) -> Iterator[Sequence[Any]]:
    """Yield all keys of a query in their order, as many at once as its limit says."""
    page_query = query
    while True:
        with read_transaction(engine) as connection:
            keys = connection.execute(page_query).scalars().all()
        if not keys:
            return
        yield keys
        page_query = query.where(key > keys[-1])


def batches_of(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Yield the values in batches of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]

"""Reads the persons' keys for an archive, and stores those of an archive."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Engine
from sqlmodel import col, select

from config.database import insert_statement, read_transaction, write_transaction
from privacy.tables import PersonKeyRow
from sinks.archive.person_keys_file import ArchivedKey

_ROWS_AT_ONCE = 1_000


def stored_keys(engine: Engine) -> Iterator[ArchivedKey]:
    """Yield all keys by id, with a limited number in memory. Raises `DatabaseUnavailable`."""
    columns = [col(getattr(PersonKeyRow, name)) for name in ArchivedKey._fields]
    query = select(*columns).order_by(col(PersonKeyRow.key_id)).execution_options(yield_per=_ROWS_AT_ONCE)
    with read_transaction(engine) as connection:
        for row in connection.execute(query):
            yield ArchivedKey(*row)


def store_keys(engine: Engine, keys: Iterable[ArchivedKey]) -> None:
    """Store the keys of an archive. Raises `DatabaseUnavailable`."""
    remaining = iter(keys)
    while rows := [key._asdict() for key in islice(remaining, _ROWS_AT_ONCE)]:
        with write_transaction(engine) as connection:
            connection.execute(insert_statement(connection, PersonKeyRow), rows)

"""Reads and writes the rows of persons' keys. Every method may raise `DatabaseUnavailable`."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BindParameter, Connection, Engine, Select, String, bindparam, func, select, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import (
    COUNTED,
    UtcDateTime,
    changed_rows,
    has_row,
    insert_of_dialect,
    read_transaction,
    statement_transaction,
    truncate_journal,
    write_transaction,
)
from privacy.tables import PersonKeyRow


class WrappedKey(NamedTuple):
    """Key of a person as it is stored. `wrapped` is empty if the key was destroyed."""

    key_id: str
    sender: str
    wrapped: str
    root_key_id: str


class RootKeyUse(NamedTuple):
    """Number of keys that a root key wraps. An empty id counts the destroyed keys."""

    root_key_id: str
    keys: int
    retired: int


_COLUMNS = tuple(col(getattr(PersonKeyRow, name)) for name in WrappedKey._fields)
_RETIRED_AT = col(PersonKeyRow.retired_at)
_VALUES: BindParameter[Any] = bindparam("values")
# Built once: doors execute them for each sender who is new.
_ACTIVE = select(*_COLUMNS).where(is_one_of(col(PersonKeyRow.sender), _VALUES), _RETIRED_AT.is_(None))
_BY_IDS = select(*_COLUMNS).where(is_one_of(col(PersonKeyRow.key_id), _VALUES))
_INSERT = insert_of_dialect("sqlite", PersonKeyRow).on_conflict_do_nothing().execution_options(**COUNTED)
# All rows in one statement, whose text does not depend on their number: PostgreSQL prepares it once.
_INSERT_ARRAYS = (
    insert_of_dialect("postgresql", PersonKeyRow)
    .from_select(
        [*WrappedKey._fields, "created_at"],
        select(
            *(func.unnest(bindparam(name, type_=ARRAY(String))) for name in WrappedKey._fields),
            bindparam("created_at", type_=UtcDateTime),
        ),
    )
    .on_conflict_do_nothing()
    .execution_options(**COUNTED)
)


class KeyStore:
    """The table `person_key`. On SQLite `engine` is that of the keys' own file (`privacy.key_file`)."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def active(self, senders: Collection[str]) -> Sequence[WrappedKey]:
        """Return the keys with which texts of these senders are sealed now."""
        return self._read(_ACTIVE, senders)

    def by_ids(self, key_ids: Collection[str]) -> Sequence[WrappedKey]:
        """Return the keys with these ids."""
        return self._read(_BY_IDS, key_ids)

    def add(self, keys: Sequence[WrappedKey], created_at: datetime) -> Sequence[WrappedKey]:
        """Store keys of senders that have none, and return their active keys: another process may be the first."""
        # In one order, so that two processes wait for each other and do not deadlock.
        keys = sorted(keys, key=lambda key: key.sender)
        with statement_transaction(self.engine) as connection:
            stored = _insert(connection, keys, created_at)
        return keys if stored == len(keys) else self.active([key.sender for key in keys])

    def retire(self, senders: Collection[str], now: datetime, made_until: datetime | None = None) -> None:
        """Let nothing new be sealed with the active keys of these senders: with those made until a moment, or all."""
        with write_transaction(self.engine) as connection:
            is_active = is_one_of(col(PersonKeyRow.sender), senders), _RETIRED_AT.is_(None)
            statement = update(PersonKeyRow).where(*is_active)
            if made_until:
                statement = statement.where(col(PersonKeyRow.created_at) <= made_until)
            connection.execute(statement.values(retired_at=now))

    def destroy(self, senders: Collection[str], retired_until: datetime) -> int:
        """Destroy the keys of these senders that were retired until a moment. Return their number."""
        with write_transaction(self.engine) as connection:
            is_retired = col(PersonKeyRow.retired_at) <= retired_until, col(PersonKeyRow.wrapped) != ""
            statement = update(PersonKeyRow).where(is_one_of(col(PersonKeyRow.sender), senders), *is_retired)
            count = changed_rows(connection.execute(statement.values(wrapped="", root_key_id="")))
        truncate_journal(self.engine)
        return count

    def has_usable(self, senders: Collection[str], made_until: datetime) -> bool:
        """Return True if a key of these senders that was made until a moment is not destroyed."""
        is_usable = col(PersonKeyRow.created_at) <= made_until, col(PersonKeyRow.wrapped) != ""
        query = select(col(PersonKeyRow.key_id)).where(*is_usable)
        with read_transaction(self.engine) as connection:
            return any(
                has_row(connection, query.where(is_one_of(col(PersonKeyRow.sender), senders), is_in_index))
                for is_in_index in (_RETIRED_AT.is_(None), _RETIRED_AT.is_not(None))
            )

    def wrapped_by_others(self, root_key_id: str, after: str, limit: int) -> Sequence[WrappedKey]:
        """Return keys that another root key wraps, by id, behind the id `after`."""
        is_other = col(PersonKeyRow.root_key_id).not_in([root_key_id, ""])
        query = select(*_COLUMNS).where(is_other, col(PersonKeyRow.key_id) > after)
        with read_transaction(self.engine) as connection:
            rows = connection.execute(query.order_by(col(PersonKeyRow.key_id)).limit(limit))
            return [WrappedKey(*row) for row in rows]

    def rewrap(self, changes: Sequence[tuple[WrappedKey, WrappedKey]]) -> int:
        """Replace each first key by the second one, unless it changed meanwhile. Return the number of replaced keys."""
        replaced = 0
        with write_transaction(self.engine) as connection:
            for previous, key in changes:
                is_unchanged = (
                    col(PersonKeyRow.key_id) == previous.key_id,
                    col(PersonKeyRow.wrapped) == previous.wrapped,
                )
                statement = update(PersonKeyRow).where(*is_unchanged)
                values = {"wrapped": key.wrapped, "root_key_id": key.root_key_id}
                replaced += changed_rows(connection.execute(statement.values(values)))
        return replaced

    def root_key_uses(self) -> Sequence[RootKeyUse]:
        """Return how many keys each root key wraps."""
        root_key_id = col(PersonKeyRow.root_key_id)
        query = select(root_key_id, func.count(), func.count(_RETIRED_AT)).group_by(root_key_id).order_by(root_key_id)
        with read_transaction(self.engine) as connection:
            return [RootKeyUse(*row) for row in connection.execute(query)]

    def _read(self, query: Select[Any], values: Collection[str]) -> Sequence[WrappedKey]:
        if not values:
            return []
        with statement_transaction(self.engine, reads_only=True) as connection:
            return [WrappedKey(*row) for row in connection.execute(query, {"values": set(values)})]


def _insert(connection: Connection, keys: Sequence[WrappedKey], created_at: datetime) -> int:
    """Insert the keys of senders that have none. Return their number."""
    if connection.dialect.name == "postgresql":
        columns = dict(zip(WrappedKey._fields, map(list, zip(*keys, strict=True)), strict=True))
        return changed_rows(connection.execute(_INSERT_ARRAYS, {**columns, "created_at": created_at}))
    rows = [{**key._asdict(), "created_at": created_at, "retired_at": None} for key in keys]
    return changed_rows(connection.execute(_INSERT, rows))

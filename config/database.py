"""The database engine for SQLite (the default) or PostgreSQL, and the functions by which both behave alike."""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from enum import IntEnum, unique
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sqlalchemy import (
    DateTime,
    Dialect,
    Engine,
    Select,
    TypeDecorator,
    create_engine,
    event,
    func,
    make_url,
    select,
    text,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import SQLModel

from config.postgresql_limits import PostgresqlLimits
from config.private_files import secure_database_file

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

    DialectInsert: TypeAlias = postgresql.Insert | sqlite.Insert

T = TypeVar("T")

_WAIT_SECONDS = 15
# Parameters in one statement; SQLite allows 32,766.
_MAX_PARAMETERS = 5_000
# Execution option of a transaction that only reads.
_READ_ONLY = "satupintu_reading"
# Execution options of an INSERT whose rows are counted.
COUNTED = {"preserve_rowcount": True}
_LOCK_KEYS = text(
    "SELECT count(pg_advisory_xact_lock(key)) FROM (SELECT unnest(CAST(:keys AS bigint[])) AS key) AS held"
)
# Names are quoted where PostgreSQL needs it.
_TEXT_OF_OTHER_COLLATION = """
SELECT quote_ident(relname), quote_ident(attname), format_type(atttypid, atttypmod)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    AND attcollation NOT IN (0, '"C"'::regcollation)
ORDER BY relname, attnum
"""


@unique
class DatabaseLock(IntEnum):
    """Numbers of PostgreSQL's advisory locks. Each purpose has its own: none must wait for an unrelated one."""

    # One process at a time appends to the audit log.
    AUDIT_LOG = 1709
    # One process at a time migrates.
    MIGRATION = 1710
    # One process at a time derives the desk's cases from their facts.
    DESK = 1711
    # One process at a time counts an attempt to sign in.
    SIGN_IN_ATTEMPTS = 1712
    # One process at a time changes accounts.
    ACCOUNTS = 1713
    # One process at a time issues keys of the programming interface.
    AGENCY_KEYS = 1714
    # One process at a time derives the reports of the public view.
    PUBLIC_REPORTS = 1715
    # One process at a time counts the codes to phone numbers.
    CONTACT_CODES = 1719
    # One process at a time counts the first mails to contacts of the form.
    FIRST_MAILS = 1720
    # One process at a time derives the cases of oversight from their facts.
    OVERSIGHT = 1721
    # One process at a time changes the counts of the agencies' queues.
    QUEUE_COUNTS = 1722
    # One process at a time gives facts of cases their positions in the log.
    CASE_LOG = 1724
    # One process at a time changes the units of institutions.
    UNITS = 1725
    # One process registers the first key of the service.
    SERVICE_KEYS = 1723


class DatabaseUnavailable(Exception):
    """The database cannot be reached, is locked or is full. Nothing was written, and trying again may help."""


class UtcDateTime(TypeDecorator[datetime]):
    """Times with a zone, stored in UTC on both databases. SQLite itself stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the time in UTC. Raises `ValueError` for a time without a zone: its zone must not be guessed."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the time with its zone, which is UTC if SQLite returned none."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """Return what makes a parameter of a time. On SQLite it is the text that SQLAlchemy writes, made faster."""
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)

        def text_of(value: datetime | None) -> str | None:
            at = self.process_bind_param(value, dialect)
            return at.replace(tzinfo=None).isoformat(" ", "microseconds") if at else None

        return text_of


def open_engine(url: str, open_sqlite: Callable[[Path, float], sqlite3.Connection], limits: PostgresqlLimits) -> Engine:
    """Return an engine whose transactions are safe between processes. `limits` hold for PostgreSQL.

    `open_sqlite` opens an SQLite file with a write-ahead journal, given its path and for how many seconds a transaction
    waits for another. It must begin no transaction by itself.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            secure_database_file(Path(parsed.database))
        path = Path(parsed.database or ":memory:")
        engine = create_engine(url, creator=lambda: open_sqlite(path, _WAIT_SECONDS))
        event.listen(engine, "begin", _begin)
        return engine
    # Without PostgreSQL its driver is not needed, and a command starts sooner.
    from config.postgresql import open_postgresql  # noqa: PLC0415

    return open_postgresql(parsed, limits)


def write_transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Open one transaction. Raises `DatabaseUnavailable` for a fault of the database, not of the values.

    A read-only standby, a missing right or table and a deadlock are faults of the database. `DataError` and
    `IntegrityError` are faults of the values.
    """
    return _transaction(engine)


def read_transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Open one transaction that only reads: on SQLite it does not wait for a writer. Raises as `write_transaction`."""
    return _transaction(engine, **{_READ_ONLY: True})


def statement_transaction(engine: Engine, *, reads_only: bool = False) -> AbstractContextManager[Connection]:
    """Open a transaction for one statement, or several that need not see one moment. Raises as `write_transaction`.

    On PostgreSQL each statement commits by itself: one round trip instead of three.
    """
    if _is_postgresql(engine):
        return _transaction(engine, isolation_level="AUTOCOMMIT")
    return read_transaction(engine) if reads_only else write_transaction(engine)


def snapshot_transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Open one transaction that only reads, and whose queries all see one moment. Raises as `write_transaction`.

    Queries whose numbers are subtracted from each other need it: on PostgreSQL, each query of `read_transaction` sees
    what was committed before it began.
    """
    if _is_postgresql(engine):
        return _transaction(engine, isolation_level="REPEATABLE READ")
    return read_transaction(engine)


def snapshot_write_transaction(engine: Engine) -> AbstractContextManager[Connection]:
    """Open one transaction whose queries all see one moment, and which writes. Raises as `write_transaction`.

    On PostgreSQL it raises `DatabaseUnavailable` if it changes a row that another transaction changed since: nothing
    was written, and trying again helps.
    """
    if _is_postgresql(engine):
        return _transaction(engine, isolation_level="REPEATABLE READ")
    return write_transaction(engine)


@contextmanager
def _transaction(engine: Engine, **options: Any) -> Iterator[Connection]:
    """Open one transaction with these options of the connection."""
    try:
        with engine.connect() as connection:
            # Not of the engine: it would be copied for each transaction.
            if options:
                connection.execution_options(**options)
            with connection.begin():
                yield connection
    except DBAPIError as error:
        if isinstance(error, DataError | IntegrityError) and not error.connection_invalidated:
            raise
        raise DatabaseUnavailable(type(error.orig).__name__) from error
    except PoolTimeoutError as error:
        # All connections of this process are in use, and their users wait for the database.
        raise DatabaseUnavailable("no connection is free") from error


def _is_postgresql(engine: Engine) -> bool:
    return engine.dialect.name == "postgresql"


class DatabaseProbe:
    """Checks that the database answers, for any thread. `check` raises `DatabaseUnavailable` or another error if not.

    A caller waits at most `patience_seconds`; then the database counts as unavailable. A database that never answers
    takes one thread and one connection, however many callers there are.
    """

    def __init__(
        self,
        check: Callable[[], object],
        patience_seconds: float,
        monotonic: Callable[[], float],
        start_thread: Callable[[Callable[[], None], str], object],
    ) -> None:
        self._check = check
        self._monotonic = monotonic
        self._start_thread = start_thread
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._running_check: Future[None] | None = None
        self._started_at = 0.0

    def __call__(self) -> None:
        """Return if the database answers. Raises the error of the check, or `DatabaseUnavailable`, if not."""
        with self._lock:
            if self._running_check is None or self._running_check.done():
                self._running_check, self._started_at = Future(), self._monotonic()
                self._start_thread(partial(self._run, self._running_check), "database-ping")
            running_check = self._running_check
            seconds_left = self._started_at + self._patience_seconds - self._monotonic()
        try:
            running_check.result(max(0.0, seconds_left))
        except TimeoutError as error:
            raise DatabaseUnavailable("no answer in time") from error

    def _run(self, running_check: "Future[None]") -> None:
        try:
            self._check()
        except Exception as error:  # noqa: BLE001 - the callers handle it, not this thread
            running_check.set_exception(error)
        else:
            running_check.set_result(None)


def lock_until_commit(connection: Connection, lock: DatabaseLock) -> None:
    """Hold a lock until the end of the transaction. A second transaction waits for it, then sees the first one's rows.

    In a `snapshot_write_transaction` it sees its snapshot alone: if it changes a row that the first one changed, it
    raises `DatabaseUnavailable`.

    The wait has a limit (`PostgresqlLimits.lock`), after which the transaction raises `DatabaseUnavailable`.
    SQLite has only one writer at a time without it.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(lock)))


def lock_keys_until_commit(connection: Connection, keys: Collection[int]) -> None:
    """Hold a lock for each of these numbers of 64 bits, as `lock_until_commit` does. They are digests of what is held.

    All transactions take them in one order, so that none waits for another in a circle.
    """
    if connection.dialect.name == "postgresql" and keys:
        connection.execute(_LOCK_KEYS, {"keys": sorted(set(keys))})


def compare_text_by_bytes(connection: Connection) -> None:
    """Give every column of text on PostgreSQL the collation "C", which is the order of SQLite and of Python.

    The collation of a language leaves out signs at first: there, `33.74` comes after `33/`. Indexes of a changed column
    are built again. Every migration ends with it, so that no table is forgotten.
    """
    if connection.dialect.name != "postgresql":
        return
    columns: defaultdict[str, list[str]] = defaultdict(list)
    for table, column, type_ in connection.exec_driver_sql(_TEXT_OF_OTHER_COLLATION):
        columns[table].append(f'ALTER COLUMN {column} TYPE {type_} COLLATE "C"')
    for table, changes in columns.items():
        connection.exec_driver_sql(f"ALTER TABLE {table} {', '.join(changes)}")


def has_row(connection: Connection, query: Select[Any], parameters: Mapping[str, Any] | None = None) -> bool:
    """Return True if a query finds a row, whichever it is."""
    return connection.execute(query.limit(1), parameters).first() is not None


def statement_chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values in chunks that one statement takes as parameters."""
    for start in range(0, len(values), _MAX_PARAMETERS):
        yield values[start : start + _MAX_PARAMETERS]


def changed_rows(result: CursorResult[Any]) -> int:
    """Return how many rows an UPDATE or DELETE changed, or an INSERT that was executed with `COUNTED`.

    Raises `RuntimeError` for what one of the databases does not count: PostgreSQL an INSERT without that option (its
    number is -1), and SQLite a statement that returns its rows (0).
    """
    context = result.context
    is_uncounted = context.isinsert and not COUNTED.items() <= context.execution_options.items()
    if result.returns_rows or is_uncounted or result.rowcount < 0:
        raise RuntimeError("the number of changed rows is unknown: count the rows that are returned, or use COUNTED")
    return result.rowcount


def insert_statement(connection: Connection, table: type[SQLModel]) -> "DialectInsert":
    """Return an INSERT with ON CONFLICT in the dialect of this connection."""
    return insert_of_dialect(connection.dialect.name, table)


def insert_of_dialect(dialect: str, table: type[SQLModel]) -> "DialectInsert":
    """Return an INSERT with ON CONFLICT in a dialect, for a statement that is built once."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - as the driver

        return postgresql.insert(table)
    return sqlite.insert(table)


@cache
def insertion_of_missing(dialect: str, table: type[SQLModel], *returned: str) -> "DialectInsert":
    """Return an INSERT that leaves existing rows as they are. It is built once for each table.

    `returned` are columns of the rows that it inserted.
    """
    statement = insert_of_dialect(dialect, table).on_conflict_do_nothing()
    # The type of the statement stays the same, which the types of SQLAlchemy do not say.
    return statement.returning(*(table.__table__.c[name] for name in returned)) if returned else statement  # type: ignore[attr-defined,return-value]


@cache
def insertion_or_replacement(dialect: str, table: type[SQLModel]) -> "DialectInsert":
    """Return an INSERT that gives an existing row of the same key all new values. It is built once for each table."""
    return replacing(insert_of_dialect(dialect, table), table)


def replacing(statement: "DialectInsert", table: type[SQLModel]) -> "DialectInsert":
    """Return an INSERT of a dialect with the replacement of all values of a row that is there."""
    key = list(table.__table__.primary_key)  # type: ignore[attr-defined]
    key_names = {column.name for column in key}
    new_values = {column.name: column for column in statement.excluded if column.name not in key_names}
    return statement.on_conflict_do_update(index_elements=key, set_=new_values)


def truncate_journal(engine: Engine) -> None:
    """Empty SQLite's journal, which has the former pages. If a reader needs it, the next call does it."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]


def write_anew(engine: Engine) -> None:
    """Write SQLite's file anew, so that nothing of deleted values is in it. Raises `DatabaseUnavailable`.

    `secure_delete` overwrites deleted values. But when SQLite moves rows to other pages, the space that they leave
    keeps their bytes, and a later deletion does not find these. Writers wait: 8 s for 900 MB on a slow disk.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            connection.connection.driver_connection.execute("VACUUM")  # type: ignore[union-attr]
    except sqlite3.Error as error:
        raise DatabaseUnavailable(type(error).__name__) from error
    truncate_journal(engine)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get(_READ_ONLY) else "BEGIN IMMEDIATE")

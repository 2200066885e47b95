"""No call to PostgreSQL waits for ever: not for a frozen server, a lock, a statement or an idle transaction."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.assembly.migrate import migrate
from app.database import open_database
from config.database import DatabaseLock, DatabaseUnavailable, lock_until_commit, read_transaction, write_transaction
from config.postgresql import BoundedConnection, without_statement_limit
from config.postgresql_limits import PostgresqlLimits
from tests.support.postgresql import frozen, start_postgres

OpenEngine = Callable[..., Engine]

pytestmark = [pytest.mark.slow, pytest.mark.only_on("postgresql", "limits of a server")]


@pytest.fixture
def open_limited(blank_database: str) -> Iterator[OpenEngine]:
    """Return a function that opens the empty database with these limits, and options of the server in its URL."""
    engines: list[Engine] = []

    def open_limited(options: str = "", **limits: float) -> Engine:
        separator = "&" if "?" in blank_database else "?"
        url = f"{blank_database}{separator}options={options}" if options else blank_database
        engines.append(open_database(url, PostgresqlLimits(**limits)))  # type: ignore[arg-type]  # one is an int
        return engines[-1]

    yield open_limited
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("connections", [0, 1], ids=["a new connection", "an open connection"])
def test_a_frozen_server_counts_as_unavailable(tmp_path: Path, connections: int) -> None:
    """The call ends although the server ends nothing. With the server back the same engine works."""
    server = start_postgres(tmp_path / "data")
    engine = open_database(server.get_uri(), PostgresqlLimits(connect=2, statement=0.5, report=0.5))
    try:
        for _ in range(connections):
            ask(engine)
        with frozen(tmp_path / "data"), pytest.raises(DatabaseUnavailable):
            ask(engine)
        ask(engine)
    finally:
        engine.dispose()
        server.cleanup()


def test_a_server_that_freezes_during_a_transaction_counts_as_unavailable(tmp_path: Path) -> None:
    """Nothing of the transaction is written, and its connection is not used again."""
    server = start_postgres(tmp_path / "data")
    engine = open_database(server.get_uri(), PostgresqlLimits(statement=0.5, report=0.5))
    try:
        with pytest.raises(DatabaseUnavailable), write_transaction(engine) as connection:  # noqa: PT012
            connection.execute(text("CREATE TABLE unfinished (id int)"))
            with frozen(tmp_path / "data"):
                connection.execute(text("SELECT 1"))
        with read_transaction(engine) as connection:
            assert connection.execute(text("SELECT to_regclass('unfinished')")).scalar_one() is None
    finally:
        engine.dispose()
        server.cleanup()


def test_the_wait_for_a_lock_has_a_limit(open_limited: OpenEngine) -> None:
    """A session that holds the desk's lock makes another desk try again; the cause is named."""
    engine = open_limited(lock=0.2)
    with write_transaction(engine) as holder:
        lock_until_commit(holder, DatabaseLock.DESK)
        with pytest.raises(DatabaseUnavailable, match="LockNotAvailable"), write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.DESK)


def test_a_transaction_without_statements_loses_its_locks(open_limited: OpenEngine) -> None:
    """A frozen process holds a lock only until PostgreSQL ends its idle transaction."""
    engine, idle_engine = open_limited(lock=60), open_limited(idle=0.2)
    with pytest.raises(DatabaseUnavailable), write_transaction(idle_engine) as frozen_process:  # noqa: PT012
        lock_until_commit(frozen_process, DatabaseLock.DESK)
        with write_transaction(engine) as connection:
            lock_until_commit(connection, DatabaseLock.DESK)
        frozen_process.execute(text("SELECT 1"))


def test_a_statement_has_a_limit_except_in_a_migration(open_limited: OpenEngine) -> None:
    """PostgreSQL ends a statement at its limit. Only the statements of a migration may take longer."""
    engine = open_limited(statement=0.2, report=0.2)
    with write_transaction(engine) as connection, without_statement_limit(connection):
        connection.execute(text("SELECT pg_sleep(1)"))
    with pytest.raises(DatabaseUnavailable, match="QueryCanceled"), write_transaction(engine) as connection:
        connection.execute(text("SELECT pg_sleep(60)"))


def test_we_set_the_isolation_level(open_limited: OpenEngine) -> None:
    """Whoever waited for a lock sees the rows of its last holder, whatever the server's default is."""
    engine = open_limited("-c%20default_transaction_isolation=serializable%20-c%20statement_timeout=77s")
    with read_transaction(engine) as connection:
        settings = [connection.execute(text(f"SHOW {name}")).scalar_one() for name in SHOWN_SETTINGS]
    assert settings == ["read committed", "77s", "10s", "1min"]


def test_a_rested_connection_that_the_server_has_closed_is_replaced(open_limited: OpenEngine) -> None:
    """Nobody notices a restart of the server in a quiet hour. A connection that has just answered is not asked."""
    engine, other = open_limited(connections=1), open_limited()
    end_session(engine, other).answered_at = float("-inf")
    ask(engine)
    end_session(engine, other).answered_at = float("inf")
    with pytest.raises(DatabaseUnavailable):
        ask(engine)
    ask(engine)


def end_session(engine: Engine, other: Engine) -> BoundedConnection:
    """Let PostgreSQL end the session of the only connection of `engine`. Return the connection."""
    with read_transaction(engine) as connection:
        session = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        driver_connection = connection.connection.driver_connection
    with write_transaction(other) as connection:
        # It waits until the session has ended, for at most a minute.
        assert connection.execute(
            text("SELECT pg_terminate_backend(:session, 60000)"), {"session": session}
        ).scalar_one()
    assert isinstance(driver_connection, BoundedConnection)
    return driver_connection


SHOWN_SETTINGS = ("transaction_isolation", "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


@pytest.mark.parametrize("held", [DatabaseLock.DESK, DatabaseLock.AUDIT_LOG])
def test_a_frozen_stage_does_not_hold_up_a_migration(open_limited: OpenEngine, held: DatabaseLock) -> None:
    """The migration's lock is its own."""
    engine = open_limited(lock=0.2)
    with write_transaction(engine) as connection:
        lock_until_commit(connection, held)
        migrate(engine)


def test_a_migrated_database_needs_no_lock(open_limited: OpenEngine) -> None:
    """A process starts while another one holds the migration's lock; with migrations to apply it tries again."""
    engine = open_limited(lock=0.2)
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        with pytest.raises(DatabaseUnavailable, match="LockNotAvailable"):
            migrate(engine)
    migrate(engine)
    with write_transaction(engine) as connection:
        lock_until_commit(connection, DatabaseLock.MIGRATION)
        migrate(engine)


def test_a_process_opens_no_more_connections_than_set(open_limited: OpenEngine) -> None:
    """A thread that gets no connection in time tries again."""
    engine = open_limited(connections=1, pool=0.2)
    with read_transaction(engine), pytest.raises(DatabaseUnavailable, match="no connection is free"):
        ask(engine)


def ask(engine: Engine) -> None:
    """Ask the database for a row."""
    with read_transaction(engine) as connection:
        connection.execute(text("SELECT 1"))

"""Limits of every connection to PostgreSQL: no call waits for ever, whatever the server, the network or a lock does.

Two clocks are needed. PostgreSQL itself ends a statement that runs or waits for a lock for too long. A server that is
frozen (a stuck disk, a stopped process) ends nothing, and its kernel still answers TCP: only this process notices.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.types.array import ListBinaryDumper
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from config.postgresql_limits import PostgresqlLimits

# TCP keepalives of an idle connection: a host that is gone is noticed after 25 seconds.
_KEEPALIVE_IDLE_SECONDS, _KEEPALIVE_INTERVAL_SECONDS, _KEEPALIVE_COUNT = 10, 5, 3
# A connection that has answered within this time is used without a question whether it still lives.
_TRUSTED_SECONDS = 1.0


class BoundedConnection(psycopg.Connection[Any]):
    """A connection that is closed when the server does not answer within `answer_seconds`; `None` waits for ever."""

    answer_seconds: float | None = None
    # Of `time.monotonic`.
    answered_at = float("-inf")

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """See `psycopg.Connection.wait`. Without an answer in time close, and raise `OperationalError`."""
        try:
            answer = super().wait(gen, interval, self.answer_seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - psycopg documents it, and exports no public name
            # The answer may still come, and would be taken for that to the next statement.
            self.close()
            raise psycopg.OperationalError(f"no answer within {self.answer_seconds} seconds") from error
        self.answered_at = time.monotonic()
        return answer


def open_postgresql(url: URL, limits: PostgresqlLimits) -> Engine:
    """Return an engine with these limits. An option of the server that the URL sets overrides ours."""
    engine = create_engine(
        url,
        # The connection that was used last is used again: it is known to live, and has its statements prepared.
        pool_use_lifo=True,
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.pool,
        # Whoever waited for a lock must see the rows of its last holder. A server may have another default.
        isolation_level="READ COMMITTED",
        connect_args=_connect_arguments(url, limits),
    )

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: list[Any], parameters: dict[str, Any]) -> BoundedConnection:
        connection = BoundedConnection.connect(*arguments, **parameters)
        connection.answer_seconds = limits.answer
        # As text, each sign of a value that needs a backslash is searched for: 200 us for a dispatch, and not 1.
        connection.adapters.register_dumper(list, ListBinaryDumper)
        return connection

    @event.listens_for(engine, "checkout")
    def check(connection: Any, _record: Any, _fairy: Any) -> None:
        """Let the pool replace connections that the server has closed. A statement alone would fail on each of them."""
        if time.monotonic() - connection.answered_at < _TRUSTED_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError from error

    return engine


@contextmanager
def without_statement_limit(connection: Connection) -> Iterator[None]:
    """Let the statements of the body take any time: a migration of a large table may need minutes."""
    driver_connection = connection.connection.driver_connection
    if not isinstance(driver_connection, BoundedConnection):
        yield
        return
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    answer_seconds, driver_connection.answer_seconds = driver_connection.answer_seconds, None
    try:
        yield
    finally:
        driver_connection.answer_seconds = answer_seconds


def _connect_arguments(url: URL, limits: PostgresqlLimits) -> dict[str, Any]:
    """Return libpq's parameters: https://www.postgresql.org/docs/current/libpq-connect.html."""
    server_options = {
        "statement_timeout": limits.statement,
        "lock_timeout": limits.lock,
        "idle_in_transaction_session_timeout": limits.idle,
    }
    options = [f"-c {name}={_milliseconds(seconds)}" for name, seconds in server_options.items()]
    return {
        "connect_timeout": limits.connect,
        "keepalives": 1,
        "keepalives_idle": _KEEPALIVE_IDLE_SECONDS,
        "keepalives_interval": _KEEPALIVE_INTERVAL_SECONDS,
        "keepalives_count": _KEEPALIVE_COUNT,
        "tcp_user_timeout": _milliseconds(limits.unacknowledged),
        "fallback_application_name": "satupintu",
        "options": " ".join([*options, *_texts(url.query.get("options", ()))]),
    }


def _texts(values: str | tuple[str, ...]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else values


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)

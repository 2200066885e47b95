"""Shares compiled SQL statements between the SQLite engines of a test process.

Each test opens a database of its own. An engine of its own would compile every statement again, which takes longer than
running it.
"""

from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, create_engine

_COMPILED_STATEMENTS: dict[Any, Any] = {}


def create_sharing_engine(url: Any, **options: Any) -> Engine:
    """Return an engine as `create_engine` does. One for SQLite uses the statements that earlier ones compiled."""
    engine = create_engine(url, **options)
    if engine.dialect.name == "sqlite":
        # The dialect is a part of the key of a compiled statement.
        engine.dialect = _sqlite_dialect()
        engine.update_execution_options(compiled_cache=_COMPILED_STATEMENTS)
    return engine


@cache
def _sqlite_dialect() -> Dialect:
    """Return a dialect that has read the version of SQLite from a connection."""
    engine = create_engine("sqlite://")
    engine.connect().close()
    engine.dispose()
    return engine.dialect

"""Plans of the statements of a query, on SQLite and PostgreSQL."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from config.database import read_transaction


def plans(engine: Engine, query: Callable[[Connection], object]) -> Iterator[tuple[str, str]]:
    """Yield each statement of a query with its plan."""
    statements: list[tuple[str, Any]] = []

    def collect(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    with read_transaction(engine) as connection:
        event.listen(engine, "before_cursor_execute", collect)
        try:
            query(connection)
        finally:
            event.remove(engine, "before_cursor_execute", collect)
        if engine.dialect.name == "postgresql":
            # A small table is read as a whole although an index would serve. Only a query that has none still does so.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        prefix = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        for statement, parameters in statements:
            rows = connection.exec_driver_sql(f"{prefix} {statement}", parameters).all()
            yield statement, "\n".join(str(row[-1]) for row in rows)


def scanned_tables(plan: str, tables: Collection[str]) -> set[str]:
    """Return those of the tables that a plan reads as a whole, itself or an index of it."""
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    return {
        table
        for table in tables
        for line in lines
        if line.startswith((f"SCAN {table}", f"Seq Scan on {table}")) and "VIRTUAL TABLE" not in line
    }

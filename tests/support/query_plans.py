"""Plans of statements, on SQLite and PostgreSQL, by which a test sees that no table is read as a whole."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Engine, event, text

from config.database import read_transaction, write_transaction

Query = Callable[[Connection], object]


def plans(engine: Engine, query: Query) -> Sequence[tuple[str, str]]:
    """Return each statement of a query with its plan."""
    with read_transaction(engine) as connection:
        statements = _statements(engine, lambda: query(connection))
    return _plans_of_statements(engine, statements)


def plans_of(engine: Engine, work: Callable[[], object], table: str) -> Sequence[str]:
    """Return the plan of each statement about a table that some work executes, except `INSERT`."""
    statements = [
        (statement, values)
        for statement, values in _statements(engine, work)
        if table in statement and not statement.startswith("INSERT")
    ]
    return [plan for _, plan in _plans_of_statements(engine, statements)]


def scanned_tables(plan: str, tables: Collection[str]) -> set[str]:
    """Return those of the tables that a plan reads as a whole, itself or an index of it."""
    lines = [line.strip().removeprefix("->").strip() for line in plan.splitlines()]
    return {
        table
        for table in tables
        for line in lines
        if line.startswith((f"SCAN {table}", f"Seq Scan on {table}")) and "VIRTUAL TABLE" not in line
    }


def scans(engine: Engine, queries: Mapping[str, Query], tables: Collection[str]) -> dict[tuple[str, str], str]:
    """Return the plan of each query that reads a table as a whole, by the query's name and the table."""
    return {
        (name, table): plan
        for name, query in queries.items()
        for _, plan in plans(engine, query)
        for table in scanned_tables(plan, tables)
    }


def collect_statistics(engine: Engine) -> None:
    """Let the database count its rows. SQLite has no statistics until somebody asks for them."""
    with write_transaction(engine) as connection:
        connection.execute(text("ANALYZE"))


def _statements(engine: Engine, work: Callable[[], object]) -> Sequence[tuple[str, Any]]:
    """Return the statements that some work executes, with their parameters."""
    statements: list[tuple[str, Any]] = []

    def collect(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", collect)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", collect)
    return statements


def _plans_of_statements(engine: Engine, statements: Sequence[tuple[str, Any]]) -> Sequence[tuple[str, str]]:
    on_postgresql = engine.dialect.name == "postgresql"
    prefix = "EXPLAIN" if on_postgresql else "EXPLAIN QUERY PLAN"
    with read_transaction(engine) as connection:
        if on_postgresql:
            # A small table is read as a whole although an index would serve. Only a query that has none still does so.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        return [
            (statement, "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {statement}", values)))
            for statement, values in statements
        ]

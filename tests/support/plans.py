"""Plans of the statements of some work, by which a test sees that a table is not read as a whole."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Engine, event, text

from config.database import read_transaction


def plans_of(engine: Engine, work: Callable[[], object], table: str) -> Sequence[str]:
    """Return the plan of each statement about a table that some work executes, after the statement itself."""
    statements: list[tuple[str, Any]] = []

    def collect(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if table in statement and not statement.startswith("INSERT"):
            statements.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", collect)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", collect)
    on_postgresql = engine.dialect.name == "postgresql"
    with read_transaction(engine) as connection:
        if on_postgresql:
            # A small table is read as a whole although an index would serve. Only a query that has none still does so.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        prefix = "EXPLAIN" if on_postgresql else "EXPLAIN QUERY PLAN"
        return [
            f"{statement}\n"
            + "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {statement}", values))
            for statement, values in statements
        ]


def scans_of(plans: Sequence[str], table: str) -> Sequence[str]:
    """Return the plans that read a table as a whole."""
    scans = (f"Seq Scan on {table}", f"SCAN {table}")
    return [plan for plan in plans if any(scan in plan for scan in scans)]

"""A purge of millions of rows holds up no door: its transactions are short, and no write reads a table as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, func, insert, select, text
from sqlmodel import col

from app.assembly.parts import Parts
from app.operations.purge import Purge
from app.operations.retention.batches import ROWS_PER_TRANSACTION
from app.operations.retention.old_rows import TIMED, delete_timed
from app.operations.retention.retention import Retention
from app.tables import METADATA
from cases.facts.tables import EventFact
from config.database import read_transaction, write_transaction
from sinks.ledger.status import StatusReader
from sinks.replies.tables import OutboxRow
from tests.app.forgetting.town import Town
from tests.app.retention.test_retention import CASE_AGE, DAY, TABLE, close
from tests.conftest import NOW
from tests.support.case_stages import set_aside
from tests.support.former_values import file_of, has_former_values, leave_former_values
from tests.support.query_plans import scanned_tables

ROWS = 2 * ROWS_PER_TRANSACTION + 100


@pytest.fixture
def town(parts: Parts, engine: Engine) -> Town:
    """Return a town on each kind of database."""
    return Town(parts, engine)


def door_data(parts: Parts, engine: Engine) -> Purge:
    """Return the purge of what doors and replies store."""
    return Purge(engine, parts.bus, parts.doors.spool, parts.channels.names, timedelta(days=3), lambda: (), dry=False)


def retention(town: Town) -> Retention:
    """Return the retention of a town without an archive."""
    return Retention(
        town.engine,
        town.key_engine,
        TABLE,
        StatusReader(town.engine, {}).statuses,
        door_data(town.parts, town.engine),
        purge_archive=None,
        unprocessed_steps=lambda _moment: "",
        expire_records=town.parts.ensure_topics,
        dry=False,
    )


def outbox_row(number: int) -> dict[str, object]:
    """Return a reply that was sent."""
    names = ("tracking", "address", "provider_id", "status", "error")
    times = {"made_at": NOW, "next_at": NOW, "started_at": NOW}
    ids = {"id": UUID(int=number), "complaint_id": UUID(int=number)}
    return {
        **dict.fromkeys(names, ""),
        **times,
        **ids,
        "channel": "sms",
        "kind": "answered",
        "text": "Sudah selesai.",
        "state": "sent",
        "attempts": 1,
    }


@contextmanager
def written(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Collect the statements, with one row of their values, of all transactions that do not only read."""
    statements: list[tuple[str, Any]] = []

    def collect(connection: Any, _cursor: object, statement: str, values: Any, _context: object, *many: bool) -> None:
        is_read = connection.get_execution_options().get("satupintu_reading")
        if not is_read and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            statements.append((statement, values[0] if any(many) else values))

    event.listen(engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", collect)


def whole_reads(engine: Engine, statements: Sequence[tuple[str, Any]]) -> Mapping[str, set[str]]:
    """Return the statements that read a table as a whole, with these tables."""
    names = {*METADATA.tables, "desk_search"}
    is_sqlite = engine.dialect.name == "sqlite"
    with read_transaction(engine) as connection:
        if not is_sqlite:
            # A small table is read as a whole although an index would serve. Only a query that has none still does so.
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        prefix = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        plans = {
            statement: "\n".join(str(row[-1]) for row in connection.exec_driver_sql(f"{prefix} {statement}", values))
            for statement, values in statements
        }
    # A virtual table is always scanned, but one that is asked for numbers of rows is asked for these alone.
    reads = {
        statement: scanned_tables(plan, names)
        | ({"desk_search"} if "SCAN desk_search VIRTUAL TABLE INDEX 0:\n" in f"{plan}\n" else set())
        for statement, plan in plans.items()
    }
    return {statement: tables for statement, tables in reads.items() if tables}


def test_no_write_of_a_purge_reads_a_table_as_a_whole(town: Town) -> None:
    """SQLite has one writer at a time, and a door waits for it. So rows are looked for before they are purged."""
    for number in range(3):
        town.report(f"Lampu jalan padam di Kota Semarang nomor {number}", phone=f"+62812345001{number}0")
    for dispatch in town.dispatches():
        close(town, dispatch)
    person = town.report("Saluran air tersumbat di Kota Semarang", phone="+6281234500200")
    with written(town.engine) as statements:
        assert retention(town).apply(town.now + CASE_AGE + DAY).counts["cases"] == 3
        town.forgetting.forget(person.sender, town.now, "officer")
    assert len(statements) > 20
    assert whole_reads(town.engine, statements) == {}


@pytest.mark.only_on("sqlite", "PostgreSQL's files are the operator's")
def test_after_a_purge_no_file_keeps_former_values(town: Town) -> None:
    """A page of SQLite may keep words, and a key, that were overwritten elsewhere."""
    files = [file_of(engine) for engine in (town.engine, town.key_engine)]
    for file in files:
        leave_former_values(file)
    retention(town).apply(town.now)
    assert not any(map(has_former_values, files))


def test_a_transaction_purges_few_rows(parts: Parts, engine: Engine) -> None:
    """However many rows are old, each transaction changes at most 500, and younger rows stay."""
    with write_transaction(engine) as connection:
        for first, at in ((0, NOW), (ROWS, NOW + 3 * DAY)):
            rows = [set_aside(UUID(int=first + number), "", "spam", at) for number in range(ROWS)]
            connection.execute(insert(EventFact), rows)
        connection.execute(insert(OutboxRow), [outbox_row(number) for number in range(ROWS)])
    changed_rows: list[int] = []

    def begin(_connection: object) -> None:
        changed_rows.append(0)

    def count(_connection: object, cursor: Any, statement: str, *_: object) -> None:
        if statement.startswith(("UPDATE", "DELETE")):
            changed_rows[-1] += cursor.rowcount

    event.listen(engine, "begin", begin)
    event.listen(engine, "after_cursor_execute", count)
    assert delete_timed(engine, TIMED["set-aside"], NOW + DAY, dry=False) == ROWS
    purge = door_data(parts, engine)
    assert purge.run(NOW + 10 * DAY, NOW + 20 * DAY).counts["replies"] == ROWS
    event.remove(engine, "begin", begin)
    event.remove(engine, "after_cursor_execute", count)
    assert sum(changed_rows) == 2 * ROWS
    assert max(changed_rows) == ROWS_PER_TRANSACTION
    with read_transaction(engine) as connection:
        query = select(func.count()).select_from(EventFact).where(col(EventFact.at) > NOW)
        assert connection.execute(query).scalar_one() == ROWS

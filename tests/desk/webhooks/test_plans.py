"""The queries of the worker and of the list use an index, however many deliveries there are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, text

from config.database import read_transaction, write_transaction
from desk.webhooks.delivery_store import DeliveryStore
from tests.conftest import NOW
from tests.desk.webhooks.harness import AGENCY, Harness, change

_CHANGES = 1_500


@pytest.mark.slow
def test_every_query_uses_an_index(harness: Harness) -> None:
    """Finding, claiming, finishing, sweeping, listing, counting."""
    added = harness.add("http://lapor.example/")
    harness.enqueue(*(change(number, f"L{number % 100}") for number in range(_CHANGES)))
    with write_transaction(harness.engine) as connection:
        connection.execute(text("ANALYZE"))
    store = DeliveryStore(harness.engine, 2)

    def work() -> None:
        store.due_agencies(NOW)
        (first, *_) = store.claim(AGENCY, "lease", NOW, 2)
        store.progress(first)
        store.postpone(first, NOW + timedelta(hours=1), "uji")
        store.sweep(NOW)
        harness.webhooks.list_webhooks(AGENCY)
        harness.webhooks.deliveries(AGENCY, added.id, before=1_000)
        harness.webhooks.redeliver(AGENCY, added.id, UUID(int=7), "siti", "uji")
        harness.webhooks.switch_on(AGENCY, added.id, "siti", "uji")

    plans = plans_of(harness.engine, work)
    assert len(plans) > 10
    scans = ("Seq Scan on desk_webhook_delivery", "SCAN desk_webhook_delivery")
    assert [plan for plan in plans if any(scan in plan for scan in scans)] == []


def plans_of(engine: Engine, work: Callable[[], None]) -> list[str]:
    """Return the plan of each statement about deliveries, after the statement itself."""
    statements: list[tuple[str, Any]] = []

    def collect(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if "desk_webhook_delivery" in statement and not statement.startswith("INSERT"):
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

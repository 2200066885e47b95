"""The queries of the worker and of the list use an index, however many deliveries there are."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from config.database import write_transaction
from desk.webhooks.delivery_store import DeliveryStore
from tests.conftest import NOW
from tests.desk.webhooks.harness import AGENCY, Harness, change
from tests.support.query_plans import plans_of, scanned_tables

TABLE = "desk_webhook_delivery"
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

    plans = plans_of(harness.engine, work, TABLE)
    assert len(plans) > 10
    assert not any(scanned_tables(plan, [TABLE]) for plan in plans)

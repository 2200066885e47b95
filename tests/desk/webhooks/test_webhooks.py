"""Operations on an agency's webhooks: recorded before their effect, and out of reach of other agencies."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from config.database import DatabaseUnavailable, read_transaction
from desk.changes import CHANGE_KINDS
from desk.webhooks.address_guard import AddressRefused
from desk.webhooks.schedule import RETRY_DELAYS, AttemptResult
from desk.webhooks.webhooks import MAX_WEBHOOKS, TooManyWebhooks, UnknownWebhook, Webhooks
from tests.desk.webhooks.harness import AGENCY, OTHER_AGENCY, Harness, change
from tests.desk.webhooks.receiver import Receiver, answer, verify_at_any_time

# Each operation on one webhook.
_OPERATIONS: dict[str, Callable[[Webhooks, str, UUID], object]] = {
    "rotate_secret": lambda webhooks, agency, id_: webhooks.rotate_secret(agency, id_, "siti", "uji"),
    "switch_on": lambda webhooks, agency, id_: webhooks.switch_on(agency, id_, "siti", "uji"),
    "switch_off": lambda webhooks, agency, id_: webhooks.switch_off(agency, id_, "siti", "uji"),
    "remove": lambda webhooks, agency, id_: webhooks.remove(agency, id_, "siti", "uji"),
    "test": lambda webhooks, agency, id_: webhooks.send_test(agency, id_, "siti", "uji"),
    "redeliver": lambda webhooks, agency, id_: webhooks.redeliver(agency, id_, UUID(int=1), "siti", "uji"),
}


def rows(harness: Harness) -> list[tuple[object, ...]]:
    """Return every row of both tables."""
    with read_transaction(harness.engine) as connection:
        tables = ("desk_webhook", "desk_webhook_delivery")
        return [tuple(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608 - our own tables


def test_a_new_webhook_is_listed_without_its_secret(harness: Harness) -> None:
    """The secret is returned once, and stored sealed."""
    added = harness.add("http://lapor.example:8080/masuk?kunci=abc", "moved", "received")
    (webhook,) = harness.webhooks.list_webhooks(AGENCY)
    assert (webhook.id, webhook.address, webhook.kinds, webhook.active, webhook.created_by, webhook.waiting) == (
        added.id, "http://lapor.example:8080/masuk?kunci=abc", ("received", "moved"), True, "siti", 0,
    )  # fmt: skip
    assert added.secret.startswith("whsec_")
    assert added.secret not in repr(webhook)
    assert added.secret not in repr(rows(harness))
    assert harness.acts == [("webhook.add", f"{AGENCY} {added.id} lapor.example", "siti", "uji")]
    assert harness.webhooks.list_webhooks(OTHER_AGENCY) == []


def test_without_a_choice_all_kinds_are_sent(harness: Harness) -> None:
    """An unknown kind is refused."""
    harness.add("http://lapor.example/")
    assert harness.webhooks.list_webhooks(AGENCY)[0].kinds == CHANGE_KINDS
    with pytest.raises(ValueError, match="dihapus"):
        harness.webhooks.add(AGENCY, "http://lapor.example/", ["dihapus"], "siti", "uji")  # type: ignore[list-item]


@pytest.mark.parametrize("address", ["http://169.254.169.254/latest", "https://10.0.0.1/", "ftp://lapor.example/", ""])
def test_an_address_that_may_not_be_connected_to_is_not_added(harness: Harness, address: str) -> None:
    """Nothing is recorded or stored."""
    with pytest.raises(AddressRefused):
        harness.add(address)
    assert (harness.acts, rows(harness)) == ([], [])


def test_an_agency_has_a_limited_number_of_webhooks(harness: Harness) -> None:
    """Another agency is not affected."""
    for number in range(MAX_WEBHOOKS):
        harness.add(f"http://lapor.example/{number}")
    with pytest.raises(TooManyWebhooks):
        harness.add("http://lapor.example/")
    harness.add("http://lapor.example/", agency=OTHER_AGENCY)


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_the_webhook_of_another_agency_is_out_of_reach(harness: Harness, receiver: Receiver, operation: str) -> None:
    """As one that does not exist: nothing is recorded, changed or sent."""
    added = harness.add(receiver.url)
    harness.enqueue(change(1))
    harness.acts.clear()
    stored = rows(harness)
    with pytest.raises(UnknownWebhook):
        _OPERATIONS[operation](harness.webhooks, OTHER_AGENCY, added.id)
    with pytest.raises(UnknownWebhook):
        harness.webhooks.deliveries(OTHER_AGENCY, added.id)
    assert (harness.acts, rows(harness), receiver.requests) == ([], stored, [])


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_an_act_that_cannot_be_recorded_has_no_effect(harness: Harness, receiver: Receiver, operation: str) -> None:
    """The audit log comes first."""
    added = harness.add(receiver.url)
    harness.enqueue(change(1))
    stored = rows(harness)

    def fail(*_: object) -> None:
        raise DatabaseUnavailable("away")

    harness.webhooks._record = fail  # noqa: SLF001 - the audit log is away
    with pytest.raises(DatabaseUnavailable):
        _OPERATIONS[operation](harness.webhooks, AGENCY, added.id)
    assert (rows(harness), receiver.requests) == (stored, [])


@pytest.mark.parametrize("operation", _OPERATIONS)
def test_every_act_is_recorded_with_its_person(harness: Harness, receiver: Receiver, operation: str) -> None:
    """Action, agency, webhook, actor and reason; no address and no secret."""
    added = harness.add(f"{receiver.url}/kunci")
    harness.enqueue(change(1))
    harness.acts.clear()
    _OPERATIONS[operation](harness.webhooks, AGENCY, added.id)
    ((action, subject, actor, why),) = harness.acts
    assert (action, actor, why) == (f"webhook.{operation}", "siti", "uji")
    assert subject.split(" ")[:2] == [AGENCY, str(added.id)]
    assert "kunci" not in subject


def test_a_webhook_that_is_off_keeps_what_waits(harness: Harness, receiver: Receiver) -> None:
    """Switched on again, it gets everything in order at once."""
    added = harness.add(receiver.url)
    harness.webhooks.switch_off(AGENCY, added.id, "siti", "pemeliharaan")
    harness.enqueue(change(1), change(2, kind="answered"))
    assert harness.deliver_all() == 0
    assert harness.count_switched_off() == 0
    harness.webhooks.switch_on(AGENCY, added.id, "siti", "selesai")
    harness.deliver_all()
    assert receiver.events == [("case.received", "L1"), ("case.answered", "L1")]


def test_a_test_event_is_sent_at_once_and_listed(harness: Harness, receiver: Receiver) -> None:
    """Also while the webhook is off. It is signed like every notice, and is not sent again by itself."""
    added = harness.add(receiver.url)
    harness.webhooks.switch_off(AGENCY, added.id, "siti", "uji")
    receiver.script.append(answer(404))
    assert harness.webhooks.send_test(AGENCY, added.id, "siti", "uji") == AttemptResult(404, "http_error")
    assert harness.webhooks.send_test(AGENCY, added.id, "siti", "uji") == AttemptResult(204)
    assert verify_at_any_time(receiver.requests[1], [added.secret])["type"] == "webhook.test"
    listed = harness.webhooks.deliveries(AGENCY, added.id)
    assert [(item.kind, item.status, item.http_status) for item in listed] == [
        ("test", "delivered", 204), ("test", "failed", 404),
    ]  # fmt: skip
    assert harness.pass_time(days=1) == 0
    with pytest.raises(UnknownWebhook):
        harness.webhooks.redeliver(AGENCY, added.id, listed[0].change_id, "siti", "uji")


def test_a_successful_test_ends_the_waiting(harness: Harness, receiver: Receiver) -> None:
    """The agency has repaired its server: it does not wait a day for the next attempt."""
    added = harness.add(receiver.url)
    receiver.broken = 500
    harness.enqueue(change(1))
    harness.deliver_all()
    for delay in RETRY_DELAYS[:4]:
        harness.pass_time(seconds=delay.total_seconds())
    receiver.broken = 0
    assert harness.deliver_all() == 0
    harness.webhooks.send_test(AGENCY, added.id, "siti", "uji")
    assert harness.deliver_all() == 1


def test_a_finished_delivery_is_sent_again_on_request(harness: Harness, receiver: Receiver) -> None:
    """With the same id, so that the agency's program recognises it."""
    added = harness.add(receiver.url)
    harness.enqueue(change(1))
    harness.deliver_all()
    harness.webhooks.redeliver(AGENCY, added.id, UUID(int=1), "siti", "hilang di kami")
    harness.deliver_all()
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(UUID(int=1))] * 2
    with pytest.raises(UnknownWebhook):
        harness.webhooks.redeliver(AGENCY, added.id, UUID(int=2), "siti", "uji")


def test_deliveries_are_listed_page_by_page(harness: Harness, receiver: Receiver) -> None:
    """The newest first, each with its status."""
    added = harness.add(receiver.url)
    receiver.script.append(answer(500))
    harness.enqueue(*(change(number, f"L{number}") for number in range(1, 6)))
    harness.deliver_all()
    first = harness.webhooks.deliveries(AGENCY, added.id, limit=3)
    second = harness.webhooks.deliveries(AGENCY, added.id, before=first[-1].position, limit=3)
    assert [item.number for item in (*first, *second)] == ["L5", "L4", "L3", "L2", "L1"]
    waiting = second[-1]
    assert (waiting.status, waiting.attempts, waiting.http_status, waiting.error) == ("waiting", 1, 500, "http_error")
    assert waiting.next_at - harness.clock.time == timedelta(seconds=5)
    assert first[0].finished_at == harness.clock.time

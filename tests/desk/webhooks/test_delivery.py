"""Deliveries from the change to the receiver: each once in the usual case, in order, and none lost."""

import threading
from datetime import timedelta
from uuid import UUID

import pytest

from desk.change_age import KEPT_AGE, NOTIFIED_AGE
from desk.webhooks.delivery_store import LEASE_LENGTH
from desk.webhooks.schedule import CIRCUIT_FAILURES, RETRY_DELAYS
from messages.sealing import Sealer
from tests.desk.webhooks.harness import AGENCY, MAX_PER_AGENCY, OTHER_AGENCY, Harness, change
from tests.desk.webhooks.receiver import Receiver, answer, verify_at_any_time
from tests.support.log_capture import captured_log
from tests.support.loopback import serving, stalled
from tests.support.waiting import wait_for


def test_a_change_reaches_every_webhook_of_its_agency(harness: Harness, receiver: Receiver) -> None:
    """Each gets it once, signed with its own secret, with the change's id. Another agency gets nothing."""
    first, second = harness.add(f"{receiver.url}/1"), harness.add(f"{receiver.url}/2")
    harness.add(f"{receiver.url}/3", agency=OTHER_AGENCY)
    harness.enqueue(change(1, "L1", "received"))
    assert harness.deliver_all() == 2
    assert sorted(request.path for request in receiver.requests) == ["/1", "/2"]
    secrets = {"/1": first.secret, "/2": second.secret}
    for request in receiver.requests:
        payload = verify_at_any_time(request, [secrets[request.path]])
        assert payload["data"] == {"number": "L1", "state": "new", "agency": AGENCY}
        assert (payload["type"], request.headers["webhook-id"]) == ("case.received", str(UUID(int=1)))
    assert harness.deliver_all() == 0


def test_a_record_that_is_processed_again_is_not_sent_again(harness: Harness, receiver: Receiver) -> None:
    """Before or after the delivery, also in one batch."""
    harness.add(receiver.url)
    harness.enqueue(change(1), change(1))
    harness.enqueue(change(1))
    harness.deliver_all()
    harness.enqueue(change(1), change(2))
    harness.deliver_all()
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(UUID(int=1)), str(UUID(int=2))]


def test_only_the_chosen_kinds_of_changes_are_sent(harness: Harness, receiver: Receiver) -> None:
    """A webhook without a choice gets all."""
    harness.add(receiver.url, "citizen-wrote")
    harness.enqueue(change(1, kind="received"), change(2, kind="citizen-wrote"))
    harness.deliver_all()
    assert receiver.events == [("case.citizen-wrote", "L1")]


def test_old_changes_are_not_sent(harness: Harness, receiver: Receiver) -> None:
    """A replay of the topics tells an agency neither of last month nor of the time before its registration."""
    harness.add(receiver.url)
    now = harness.clock.time
    harness.enqueue(change(1, at=now - NOTIFIED_AGE - timedelta(seconds=1)), change(2, at=now - timedelta(hours=1)))
    harness.enqueue(change(3, at=now - timedelta(seconds=30)))
    harness.deliver_all()
    assert [request.headers["webhook-id"] for request in receiver.requests] == [str(UUID(int=3))]


def test_changes_of_a_case_stay_in_order(harness: Harness, receiver: Receiver) -> None:
    """A later change of a case waits while an earlier one is undelivered. Other cases go on."""
    harness.add(receiver.url)
    receiver.script.append(answer(500))
    harness.enqueue(change(1, "L1"), change(2, "L1", "answered"), change(3, "L2"), change(4, "L1", "moved"))
    harness.deliver_all()
    assert receiver.events == [("case.received", "L1"), ("case.received", "L2")]
    assert harness.pass_time(seconds=4) == 0
    harness.pass_time(seconds=1)
    assert receiver.events[2:] == [("case.received", "L1"), ("case.answered", "L1"), ("case.moved", "L1")]


def test_one_notice_that_fails_for_minutes_holds_nothing_back(harness: Harness, receiver: Receiver) -> None:
    """The later ones of its case wait for two minutes, then they are sent. The failed one follows by its schedule."""
    harness.add(receiver.url)
    receiver.script += [answer(500), answer(500)]
    harness.enqueue(change(1, "L1"), change(2, "L1", "answered"))
    harness.deliver_all()
    assert harness.pass_time(seconds=5) == 1
    assert harness.pass_time(seconds=114) == 0
    assert harness.pass_time(seconds=2) == 1
    assert receiver.events[2:] == [("case.answered", "L1")]
    harness.pass_time(minutes=5)
    assert receiver.events[3:] == [("case.received", "L1")]


def test_a_delivery_in_flight_holds_back_the_case(harness: Harness, receiver: Receiver) -> None:
    """Two workers do not send two changes of a case at the same time."""
    harness.add(receiver.url)
    harness.enqueue(change(1), change(2))
    (claimed,) = harness.worker.claim(10)
    assert harness.new_worker().claim(10) == []
    harness.worker.deliver(claimed)
    assert len(harness.new_worker().claim(10)) == 1


def test_failed_attempts_follow_the_schedule_and_switch_the_webhook_off(harness: Harness, receiver: Receiver) -> None:
    """After three days without success. Its coordinators are told once, its changes wait, and the secret stays."""
    added = harness.add(receiver.url)
    receiver.broken = 500
    harness.enqueue(change(1))
    attempts = harness.deliver_all()
    for delay in RETRY_DELAYS:
        attempts += harness.pass_time(seconds=delay.total_seconds())
    assert attempts == len(RETRY_DELAYS) + 1
    (webhook,) = harness.webhooks.list_webhooks(AGENCY)
    assert (webhook.active, webhook.off_reason, webhook.waiting) == (False, "failing", 1)
    assert [(event.agency, event.webhook_id, event.reason) for event in harness.switched_off] == [
        (AGENCY, added.id, "failing")
    ]
    assert harness.count_switched_off() == 1
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    assert len({request.body for request in receiver.requests}) == 1

    receiver.broken = 0
    harness.enqueue(change(2, "L2", at=harness.clock.time))
    assert harness.pass_time(days=1) == 0
    harness.webhooks.switch_on(AGENCY, added.id, "siti", "diperbaiki")
    assert harness.deliver_all() == 2
    assert set(harness.statuses()) == {("L1", "delivered"), ("L2", "delivered")}


def test_a_refused_notice_does_not_switch_off_an_address_that_takes_others(
    harness: Harness, receiver: Receiver
) -> None:
    """The notice is given up after three days."""
    harness.add(receiver.url)
    harness.enqueue(change(1, "L1"))
    for sequence, delay in enumerate([timedelta(), *RETRY_DELAYS], start=10):
        harness.clock.advance(delay)
        receiver.script.extend([answer(422)])
        (refused,) = harness.worker.claim(1)
        harness.worker.deliver(refused)
        harness.enqueue(change(sequence, f"L{sequence}", at=harness.clock.time))
        harness.deliver_all()
    assert harness.statuses()[0] == ("L1", "failed")
    assert harness.webhooks.list_webhooks(AGENCY)[0].active
    assert harness.switched_off == []


def test_an_address_that_is_gone_is_switched_off_at_once(harness: Harness, receiver: Receiver) -> None:
    """410 ends the attempts."""
    harness.add(receiver.url)
    receiver.broken = 410
    harness.enqueue(change(1), change(2, "L2"))
    harness.deliver_all()
    (webhook,) = harness.webhooks.list_webhooks(AGENCY)
    assert (webhook.active, webhook.off_reason) == (False, "gone")
    assert harness.pass_time(days=1) == 0


def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(harness: Harness, receiver: Receiver) -> None:
    """No other case is sent meanwhile, either."""
    harness.add(receiver.url)
    receiver.script.append(answer(503, {"Retry-After": "3600"}))
    harness.enqueue(change(1))
    harness.deliver_all()
    harness.enqueue(change(2, "L2"))
    assert harness.pass_time(minutes=59) == 0
    assert harness.pass_time(minutes=1) == 2


def test_an_open_circuit_sends_one_probe_and_then_everything(harness: Harness, receiver: Receiver) -> None:
    """While the address fails, few of a hundred deliveries are tried. After a success all are sent."""
    harness.add(receiver.url)
    receiver.broken = 500
    harness.enqueue(*(change(number, f"L{number}") for number in range(100)))
    harness.deliver_all()
    failed = len(receiver.requests)
    assert CIRCUIT_FAILURES <= failed < CIRCUIT_FAILURES + MAX_PER_AGENCY
    assert harness.pass_time(seconds=59) <= 1
    assert harness.pass_time(minutes=20) == 1
    receiver.broken = 0
    harness.clock.advance(timedelta(minutes=20))
    (probe,) = harness.worker.claim(100)
    assert harness.worker.claim(100) == []
    harness.worker.deliver(probe)
    harness.deliver_all()
    assert {status for _, status in harness.statuses()} == {"delivered"}


def test_one_agency_never_has_more_than_its_share_in_flight(harness: Harness, receiver: Receiver) -> None:
    """With two addresses and two processes too. The other agency is served in the same claim."""
    harness.add(f"{receiver.url}/1")
    harness.add(f"{receiver.url}/2")
    harness.add(receiver.url, agency=OTHER_AGENCY)
    harness.enqueue(*(change(number, f"L{number}") for number in range(20)))
    harness.enqueue(*(change(number, f"L{number}", agency=OTHER_AGENCY) for number in range(20, 40)))
    claimed = [*harness.worker.claim(100), *harness.new_worker().claim(100)]
    agencies = [delivery.agency for delivery in claimed]
    assert (agencies.count(AGENCY), agencies.count(OTHER_AGENCY)) == (MAX_PER_AGENCY, MAX_PER_AGENCY)


def test_agencies_are_served_in_turn(harness: Harness, receiver: Receiver) -> None:
    """With one free place, an agency with many changes does not come first every time."""
    for agency in (AGENCY, OTHER_AGENCY):
        harness.add(receiver.url, agency=agency)
    harness.enqueue(*(change(number, f"L{number}") for number in range(9)))
    harness.enqueue(*(change(number, f"L{number}", agency=OTHER_AGENCY) for number in range(10, 19)))
    served = []
    for _ in range(4):
        (delivery,) = harness.worker.claim(1)
        harness.worker.deliver(delivery)
        served.append(delivery.agency)
    assert served == [AGENCY, OTHER_AGENCY] * 2


def test_a_worker_that_died_before_or_after_sending_loses_nothing(harness: Harness, receiver: Receiver) -> None:
    """Its lease ends, and another worker sends with the same id: at least once."""
    harness.add(receiver.url)
    harness.enqueue(change(1, "L1"), change(2, "L2"))
    before_sending, after_sending = harness.worker.claim(10)
    harness.worker._send(after_sending, [])  # noqa: SLF001 - the process ends between two steps of `deliver`
    other_worker = harness.new_worker()
    assert other_worker.claim(10) == []
    harness.clock.advance(LEASE_LENGTH)
    for delivery in other_worker.claim(10):
        other_worker.deliver(delivery)
    assert harness.statuses() == [("L1", "delivered"), ("L2", "delivered")]
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert sorted(ids) == [str(before_sending.change_id), *[str(after_sending.change_id)] * 2]


def test_a_slow_worker_does_not_overwrite_the_result_of_the_next(harness: Harness, receiver: Receiver) -> None:
    """It was frozen until its lease had ended. The delivery stays delivered."""
    harness.add(receiver.url)
    harness.enqueue(change(1))
    (frozen,) = harness.worker.claim(1)
    harness.clock.advance(LEASE_LENGTH)
    next_worker = harness.new_worker()
    for delivery in next_worker.claim(1):
        next_worker.deliver(delivery)
    receiver.broken = 500
    harness.worker.deliver(frozen)
    assert harness.statuses() == [("L1", "delivered")]
    assert harness.webhooks.list_webhooks(AGENCY)[0].failures == 0


def test_a_removed_webhook_ends_its_deliveries(harness: Harness, receiver: Receiver) -> None:
    """Also one that is in flight."""
    added = harness.add(receiver.url)
    harness.enqueue(change(1))
    (in_flight,) = harness.worker.claim(1)
    harness.webhooks.remove(AGENCY, added.id, "siti", "pindah")
    harness.worker.deliver(in_flight)
    assert harness.statuses() == []


def test_a_secret_that_cannot_be_opened_delays_the_delivery(harness: Harness, receiver: Receiver) -> None:
    """The operator's fault is not counted as an attempt of the agency's address."""
    harness.add(receiver.url)
    harness.enqueue(change(1))
    worker = harness.new_worker(Sealer([b"x" * 64]))
    with captured_log() as log:
        for delivery in worker.claim(1):
            worker.deliver(delivery)
    assert [line["event"] for line in log.lines] == ["webhook.secret_unreadable"]
    assert receiver.requests == []
    assert harness.pass_time(minutes=5) == 1
    assert harness.statuses() == [("L1", "delivered")]


def test_both_secrets_sign_for_a_day_after_a_rotation(harness: Harness, receiver: Receiver) -> None:
    """Then the former one does not."""
    added = harness.add(receiver.url)
    new_secret = harness.webhooks.rotate_secret(AGENCY, added.id, "siti", "berkala")
    harness.enqueue(change(1))
    harness.deliver_all()
    for secret in (added.secret, new_secret):
        assert verify_at_any_time(receiver.requests[0], [secret])
    harness.clock.advance(timedelta(hours=24))
    harness.enqueue(change(2, at=harness.clock.time))
    harness.deliver_all()
    assert verify_at_any_time(receiver.requests[1], [new_secret])
    assert len(receiver.requests[1].headers["webhook-signature"].split(" ")) == 1


def test_old_rows_are_expired_and_then_deleted(harness: Harness, receiver: Receiver) -> None:
    """What waited too long is told as expired; finished rows stay as long as a replay could repeat their change."""
    added = harness.add(receiver.url)
    harness.enqueue(change(1))
    harness.deliver_all()
    harness.webhooks.switch_off(AGENCY, added.id, "siti", "libur")
    harness.enqueue(change(2, "L2"))
    harness.clock.advance(NOTIFIED_AGE + timedelta(days=1))
    harness.deliver_all()
    assert harness.statuses() == [("L1", "delivered"), ("L2", "expired")]
    harness.clock.advance(KEPT_AGE - NOTIFIED_AGE)
    harness.deliver_all()
    assert harness.statuses() == []


def test_logs_contain_no_address_and_no_secret(harness: Harness, receiver: Receiver) -> None:
    """An address may have a key of the agency in its query."""
    added = harness.add(f"{receiver.url}/rahasia?kunci=abc123")
    receiver.script.extend([answer(500), answer(410)])
    harness.enqueue(change(1))
    with captured_log() as log:
        harness.deliver_all()
        harness.pass_time(seconds=5)
    assert [line["event"] for line in log.lines] == ["webhook.attempt_failed", "webhook.switched_off"]
    assert log.logged_words(["abc123", "rahasia", added.secret, receiver.url]) == []


@pytest.mark.slow
def test_a_slow_agency_does_not_delay_another(harness: Harness, receiver: Receiver) -> None:
    """The running worker delivers to one agency while the other one's server does not answer."""
    release = threading.Event()
    with serving(Receiver()) as slow_receiver:
        slow_receiver.script.extend([stalled(release)] * MAX_PER_AGENCY)
        harness.add(slow_receiver.url)
        harness.add(receiver.url, agency=OTHER_AGENCY)
        harness.enqueue(*(change(number, f"L{number}") for number in range(10)))
        harness.enqueue(*(change(number, f"L{number}", agency=OTHER_AGENCY) for number in range(10, 30)))
        thread = threading.Thread(target=harness.worker.run)
        thread.start()
        try:
            wait_for(lambda: len(receiver.requests) == 20)
            assert len(slow_receiver.requests) == MAX_PER_AGENCY
        finally:
            release.set()
            harness.stopping.set()
            thread.join()

"""A process that is killed in the middle of a delivery: the notice is sent again, with the same id."""

import threading
from collections.abc import Mapping
from multiprocessing.synchronize import Event

import pytest
from sqlalchemy import Engine

from app.database import open_database
from desk.webhooks.delivery_store import LEASE_LENGTH
from desk.webhooks.schedule import AttemptResult
from desk.webhooks.sender import WebhookSender
from tests.desk.webhooks.harness import Harness, change
from tests.desk.webhooks.receiver import Receiver
from tests.support.loopback import stalled
from tests.support.program import FORKS
from tests.support.waiting import wait_for

_PATIENCE_SECONDS = 60.0


class StoppingSender(WebhookSender):
    """Sender whose process stands still before or after it sends, and says that it does."""

    def __init__(self, sender: WebhookSender, step: str, reached: Event) -> None:
        self._sender = sender
        self._step = step
        self._reached = reached

    def send(self, address: str, headers: Mapping[str, str], body: bytes) -> AttemptResult:
        """Send, and stand still at the step."""
        if self._step == "claimed":
            self._stand_still()
        result = self._sender.send(address, headers, body)
        if self._step == "sent":
            self._stand_still()
        return result

    def _stand_still(self) -> None:
        self._reached.set()
        threading.Event().wait()


def run_worker(url: str, step: str, reached: Event) -> None:
    """Run a worker as the process that is killed."""
    harness = Harness(open_database(url))
    harness.sender = StoppingSender(harness.sender, step, reached)
    harness.new_worker().run()


@pytest.mark.slow
@pytest.mark.parametrize("step", ["claimed", "sending", "sent"])
def test_a_killed_process_loses_no_delivery(engine: Engine, receiver: Receiver, step: str) -> None:
    """Killed after the claim, while the receiver answers, and before the result is stored."""
    harness = Harness(engine)
    harness.add(receiver.url)
    harness.enqueue(change(1))
    release = threading.Event()
    if step == "sending":
        receiver.script.append(stalled(release))
    reached = FORKS.Event()
    url = engine.url.render_as_string(hide_password=False)
    process = FORKS.Process(target=run_worker, args=(url, step, reached), daemon=True)
    process.start()
    try:
        if step == "sending":
            wait_for(lambda: len(receiver.requests) == 1)
        else:
            assert reached.wait(_PATIENCE_SECONDS)
    finally:
        process.kill()
        process.join()
        release.set()
    assert harness.statuses() == [("L1", "waiting")]
    assert harness.deliver_all() == 0
    harness.clock.advance(LEASE_LENGTH)
    assert harness.deliver_all() == 1
    assert harness.statuses() == [("L1", "delivered")]
    ids = [request.headers["webhook-id"] for request in receiver.requests]
    assert ids == [str(change(1).id)] * (1 if step == "claimed" else 2)

"""Reports over a bad network, to a bus that is away at times. Each report is on the bus once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bus.errors import Retry
from bus.port import Outgoing, Producer
from messages.shapes import RawMessage
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, item, statuses
from tests.ingest.people import Fields


@dataclass
class UnreliableProducer:
    """A bus producer with drawn outcomes: it works, is away, or is away after it has taken the message."""

    inner: Producer
    ahead: list[str] = field(default_factory=list)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        outcome = self.ahead.pop(0) if self.ahead else "well"
        if outcome != "away":
            self.inner.publish(messages)
        if outcome != "well":
            raise Retry(outcome)

    def close(self) -> None:
        """See `bus.port.Producer`."""
        self.inner.close()


@pytest.fixture
def unreliable_producer(producer: Producer) -> UnreliableProducer:
    """A producer that works until a test changes it."""
    return UnreliableProducer(producer)


def test_bus_away_during_a_batch(serve: Serve, unreliable_producer: UnreliableProducer) -> None:
    """Reports that the bus took are accepted. Each later item is refused with Retry-After."""
    phone = Phone(serve(unreliable_producer))
    phone.register()
    unreliable_producer.ahead = ["well", "away"]
    sent = [item(number) for number in (1, 2, 3)]
    results = phone.results(*sent)

    assert statuses(results) == ["accepted", "away", "away"]
    assert [result["retry_after"] for result in results] == [None, 30, 30]
    assert phone.state() == (1, [])
    assert statuses(phone.results(*sent)) == ["known", "accepted", "accepted"]


def test_bus_away_at_the_first_report(serve: Serve, unreliable_producer: UnreliableProducer) -> None:
    """If no report was accepted, the whole batch is answered with 503, as at any other door."""
    served = serve(unreliable_producer)
    phone = Phone(served)
    phone.register()
    unreliable_producer.ahead = ["away"]
    answer = phone.send(item(1), item(2))

    assert_refused(answer, 503, "away")
    assert answer.headers["Retry-After"] == "30"
    assert (served.published_count(), phone.state()) == (0, (0, []))


def test_recorded_only_after_the_bus_confirmed(serve: Serve, unreliable_producer: UnreliableProducer) -> None:
    """A report that the bus did not confirm is missing, even if the bus has it. Sent again it is the same report."""
    served = serve(unreliable_producer)
    phone = Phone(served)
    phone.register()
    unreliable_producer.ahead = ["taken"]
    sent = item(1)
    assert_refused(phone.send(sent), 503, "away")
    assert phone.state() == (0, [])

    assert statuses(phone.results(sent)) == ["accepted"]
    message_ids = [raw.id for raw in served.raw_messages("mobile")]
    assert (len(message_ids), len(set(message_ids))) == (2, 1)


@dataclass
class App:
    """An app with an outbox, and the state that the door must have if it keeps every promise."""

    phone: Phone
    items: list[Fields]
    told_numbers: dict[int, set[str]] = field(default_factory=dict)
    expected_numbers: set[int] = field(default_factory=set)

    def attempt(
        self, positions: Sequence[int], outcomes: Sequence[str], producer: UnreliableProducer, network: str
    ) -> None:
        """Send one request: lost on its way, answered, or its answer lost. `again`: the network delivers it twice."""
        if network == "request lost":
            return
        producer.ahead = list(outcomes)
        for _ in range(2 if network == "again" else 1):
            accepted_numbers = self._accepted_numbers(positions, list(producer.ahead))
            answer = self.phone.send(*(self.items[position] for position in positions))
            self.expected_numbers |= accepted_numbers
            assert answer.status_code == (200 if accepted_numbers else 503)
            if network != "answer lost":
                self._read_results(answer.json().get("results", []))
        producer.ahead = []

    def _accepted_numbers(self, positions: Sequence[int], outcomes: list[str]) -> set[int]:
        """Return the numbers that the door accepts, in their order, until the bus does not confirm."""
        accepted_numbers: set[int] = set()
        for number in sorted({self.items[position]["sequence"] for position in positions}):
            if number not in self.expected_numbers and outcomes and outcomes.pop(0) != "well":
                break
            accepted_numbers.add(number)
        return accepted_numbers

    def _read_results(self, results: Sequence[Fields]) -> None:
        for result in results:
            if result["tracking"]:
                self.told_numbers.setdefault(result["sequence"], set()).add(result["tracking"])

    @property
    def missing(self) -> list[list[int]]:
        """Return the missing ranges, counted in the simple way."""
        gaps: list[list[int]] = []
        for number in range(1, max(self.expected_numbers, default=0)):
            if number in self.expected_numbers:
                continue
            if gaps and gaps[-1][1] == number - 1:
                gaps[-1][1] = number
            else:
                gaps.append([number, number])
        return gaps


_ATTEMPTS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 5), min_size=1, max_size=6),
        st.lists(st.sampled_from(["well", "well", "away", "taken"]), max_size=6),
        st.sampled_from(["answered", "answer lost", "request lost", "again"]),
    ),
    max_size=7,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts=_ATTEMPTS, numbers=st.lists(st.integers(1, 12), min_size=6, max_size=6, unique=True))
def test_any_network(
    attempts: Sequence[tuple[Sequence[int], Sequence[str], str]],
    numbers: Sequence[int],
    serve: Serve,
    unreliable_producer: UnreliableProducer,
) -> None:
    """After every request the door knows exactly which numbers are missing.

    Requests are lost, repeated, delivered twice, mixed into batches, or meet a bus that is away. In the end each report
    is on the bus once, under the number that the app was told.
    """
    served = _built_once(serve, unreliable_producer)
    app = App(Phone(served), [item(number) for number in numbers])
    app.phone.register()
    for positions, outcomes, network in attempts:
        app.attempt(positions, outcomes, unreliable_producer, network)
        assert app.phone.state() == (max(app.expected_numbers, default=0), app.missing)
    app.attempt(range(6), [], unreliable_producer, "answered")

    assert app.phone.state() == (max(numbers), app.missing)
    own_messages = _own_messages(served, app)
    assert {envelope["submission"]["sequence"]: {raw.tracking} for raw, envelope in own_messages} == app.told_numbers
    assert app.told_numbers.keys() == set(numbers)
    assert len({raw.id for raw, _ in own_messages}) == len(numbers)


_SERVED: dict[int, DoorClient] = {}


def _built_once(serve: Serve, unreliable_producer: UnreliableProducer) -> DoorClient:
    """Build the doors once for all examples."""
    if id(unreliable_producer) not in _SERVED:
        _SERVED.clear()
        _SERVED[id(unreliable_producer)] = serve(unreliable_producer)
    return _SERVED[id(unreliable_producer)]


def _own_messages(served: DoorClient, app: App) -> list[tuple[RawMessage, Any]]:
    device = str(app.phone.device_id)
    opened = [(raw, json.loads(served.open_body(raw))) for raw in served.raw_messages("mobile")]
    return [(raw, envelope) for raw, envelope in opened if envelope["device_id"] == device]

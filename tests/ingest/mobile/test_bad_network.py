"""A bad network and a bus that comes and goes: each report is on the bus once, and the door knows what it lacks."""

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
class Weather:
    """A bus's producer whose next answers are drawn: well, away, or away after it has taken the message."""

    inner: Producer
    ahead: list[str] = field(default_factory=list)

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        weather = self.ahead.pop(0) if self.ahead else "well"
        if weather != "away":
            self.inner.publish(messages)
        if weather != "well":
            raise Retry(weather)

    def close(self) -> None:
        """See `bus.port.Producer`."""
        self.inner.close()


@pytest.fixture
def weather(producer: Producer) -> Weather:
    """Well, until told otherwise."""
    return Weather(producer)


def test_bus_away_under_a_batch(serve: Serve, weather: Weather) -> None:
    """What the bus took is accepted; from where it went away on, each item is told when to come again."""
    phone = Phone(serve(weather))
    phone.register()
    weather.ahead = ["well", "away"]
    sent = [item(number) for number in (1, 2, 3)]
    results = phone.results(*sent)

    assert statuses(results) == ["accepted", "away", "away"]
    assert [result["retry_after"] for result in results] == [None, 30, 30]
    assert phone.state() == (1, [])
    assert statuses(phone.results(*sent)) == ["known", "accepted", "accepted"]


def test_bus_away_under_the_first(serve: Serve, weather: Weather) -> None:
    """Where nothing was taken the whole is a 503, as at any other door."""
    served = serve(weather)
    phone = Phone(served)
    phone.register()
    weather.ahead = ["away"]
    answer = phone.send(item(1), item(2))

    assert_refused(answer, 503, "away")
    assert answer.headers["Retry-After"] == "30"
    assert (served.published(), phone.state()) == (0, (0, []))


def test_remembered_only_after_the_bus_has_it(serve: Serve, weather: Weather) -> None:
    """A report to which the bus did not say yes is missing, even if the bus has it; sent again it is the same."""
    served = serve(weather)
    phone = Phone(served)
    phone.register()
    weather.ahead = ["taken"]
    sent = item(1)
    assert_refused(phone.send(sent), 503, "away")
    assert phone.state() == (0, [])

    assert statuses(phone.results(sent)) == ["accepted"]
    assert [len(served.raw_messages("mobile")), len({raw.id for raw in served.raw_messages("mobile")})] == [
        2,
        1,
    ]


@dataclass
class App:
    """An app with an outbox, and what the door must have of it if every promise is kept."""

    phone: Phone
    items: list[Fields]
    told: dict[int, set[str]] = field(default_factory=dict)
    there: set[int] = field(default_factory=set)

    def attempt(self, places: Sequence[int], skies: Sequence[str], weather: Weather, fate: str) -> None:
        """One request: lost on its way, answered, or its answer lost; `again`: the network delivers it twice."""
        if fate == "request lost":
            return
        weather.ahead = list(skies)
        for _ in range(2 if fate == "again" else 1):
            taken = self._taken(places, list(weather.ahead))
            answer = self.phone.send(*(self.items[place] for place in places))
            self.there |= taken
            assert answer.status_code == (200 if taken else 503)
            if fate != "answer lost":
                self._hear(answer.json().get("results", []))
        weather.ahead = []

    def _taken(self, places: Sequence[int], skies: list[str]) -> set[int]:
        """The numbers that are there after this request: in their order, until the bus does not say yes."""
        taken: set[int] = set()
        for number in sorted({self.items[place]["sequence"] for place in places}):
            if number not in self.there and skies and skies.pop(0) != "well":
                break
            taken.add(number)
        return taken

    def _hear(self, results: Sequence[Fields]) -> None:
        for result in results:
            if result["tracking"]:
                self.told.setdefault(result["sequence"], set()).add(result["tracking"])

    @property
    def missing(self) -> list[list[int]]:
        """The gaps, counted the simple way."""
        gaps: list[list[int]] = []
        for number in range(1, max(self.there, default=0)):
            if number in self.there:
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


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(attempts=_ATTEMPTS, numbers=st.lists(st.integers(1, 12), min_size=6, max_size=6, unique=True))
def test_any_network(
    attempts: Sequence[tuple[Sequence[int], Sequence[str], str]], numbers: Sequence[int], serve: Serve, weather: Weather
) -> None:
    """Whatever is lost, sent again, delivered twice, mixed into batches or met by a bus that is away: at every moment
    the door knows exactly what it lacks, and in the end each report is on the bus once, under the number it was told.
    """
    served = _once(serve, weather)
    app = App(Phone(served), [item(number) for number in numbers])
    app.phone.register()
    for places, skies, fate in attempts:
        app.attempt(places, skies, weather, fate)
        assert app.phone.state() == (max(app.there, default=0), app.missing)
    app.attempt(range(6), [], weather, "answered")

    assert app.phone.state() == (max(numbers), app.missing)
    assert {number: len(told) for number, told in app.told.items()} == dict.fromkeys(numbers, 1)
    mine = _mine(served, app)
    assert {said["said"]["sequence"]: {raw.tracking} for raw, said in mine} == app.told
    assert len({raw.id for raw, _ in mine}) == len(numbers)


_SERVED: dict[int, DoorClient] = {}


def _once(serve: Serve, weather: Weather) -> DoorClient:
    """The doors are built once for all examples."""
    if id(weather) not in _SERVED:
        _SERVED.clear()
        _SERVED[id(weather)] = serve(weather)
    return _SERVED[id(weather)]


def _mine(served: DoorClient, app: App) -> list[tuple[RawMessage, Any]]:
    device = str(app.phone.device_id)
    opened = [(raw, json.loads(served.opened(raw))) for raw in served.raw_messages("mobile")]
    return [(raw, said) for raw, said in opened if said["device_id"] == device]

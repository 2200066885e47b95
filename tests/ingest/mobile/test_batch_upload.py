"""The outbox: however a bad network cuts, repeats and mixes what is sent, each report is one, and none is forgotten."""

import json
from collections.abc import Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from structlog.types import EventDict

from bus.port import Outgoing, Producer
from config.reference.regions import load_regions
from ingest.arrival import Refused
from ingest.mobile.adapter import DeviceReport, read_batch
from ingest.mobile.sequences import MAX_GAPS, PublishedReport, SequenceCount, Sequences
from messages.submission import OutboxItem
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, faults, item, statuses
from tests.ingest.people import DEVICE, TEXT


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    made = Phone(served)
    made.register()
    return made


def test_batch_becomes_records(served: DoorClient, phone: Phone) -> None:
    """Each item is one record with a number of its own, proven by the token, with the app's own values in it."""
    sent = [item(1), item(2, accuracy=12.5, latitude=-7.5, longitude=110.25)]
    results = phone.results(*sent)

    raw_messages = served.raw_messages("mobile")
    assert statuses(results) == ["accepted", "accepted"]
    assert [result["tracking"] for result in results] == [raw.tracking for raw in raw_messages]
    assert [result["client_id"] for result in results] == [each["client_id"] for each in sent]
    assert results[0]["status_url"] == f"{served.address}/status/{raw_messages[0].tracking}"
    assert {raw.verified_by for raw in raw_messages} == {"device-token"}
    assert [json.loads(served.opened(raw))["said"] for raw in raw_messages] == sent


def test_five_times_is_once(served: DoorClient, phone: Phone) -> None:
    """The same report sent five times is answered with the same number each time, and is one message."""
    sent = item(1)
    results = [phone.results(sent)[0] for _ in range(5)]

    assert [result["status"] for result in results] == ["accepted"] + ["known"] * 4
    assert len({result["tracking"] for result in results}) == 1
    assert len(served.raw_messages("mobile")) == 1


def test_all_at_once_is_once(served: DoorClient, phone: Phone) -> None:
    """Five that arrive at the same moment get the same number, and are one message by its id."""
    sent = item(1)
    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(lambda _: phone.results(sent)[0], range(5)))

    assert {result["status"] for result in results} <= {"accepted", "known"}
    assert len({result["tracking"] for result in results}) == 1
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 1
    assert phone.state() == (1, [])


def test_bad_item_holds_nobody_up(served: DoorClient, phone: Phone) -> None:
    """Items that can't be taken are each told why, under their own number where it can be read; the rest is taken."""
    wrong: list[object] = [
        item(2, text=""),
        item(3, txet="salah"),
        item(0),
        item(5) | {"sequence": "lima"},
        item(2**31),
        item(True),
        {"sequence": 6, "text": TEXT, "client_id": "satu"},
        "bukan laporan",
        None,
        [],
        item(7, attachments=[str(uuid4())] * 6),
        item(8, text="\ud800"),
        item(9, province="99"),
    ]
    body = json.dumps({"items": [item(1), *wrong, item(10)]})
    answer = phone.call("POST", "/outbox", data=body, headers={"Content-Type": "application/json"}).json()

    results = answer["results"]
    assert statuses(results) == ["accepted", *["invalid_submission"] * len(wrong), "accepted"]
    assert [result["sequence"] for result in results] == [
        1,
        2,
        3,
        None,
        None,
        None,
        None,
        6,
        None,
        None,
        None,
        7,
        8,
        9,
        10,
    ]
    assert (set(faults(results[1])), set(faults(results[2]))) == ({"text"}, {"txet"})
    assert (set(faults(results[7])), set(faults(results[13]))) == ({"client_id"}, {"province"})
    assert (answer["highest"], answer["missing"]) == (10, [[2, 9]])
    assert len(served.raw_messages("mobile")) == 2


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"items": {}}', b'{"items": []}', b'{"items": [NaN]}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_batch(served: DoorClient, phone: Phone, body: bytes) -> None:
    """What has no list of items is refused as a whole, and nothing is published."""
    assert_refused(phone.call("POST", "/outbox", data=body), 400, "invalid_submission")
    assert served.published() == 0


def test_batch_has_a_bound(served: DoorClient, phone: Phone) -> None:
    """Fifty items are taken; one more, or too many bytes, are refused as a whole."""
    assert "items" in assert_refused(phone.send(*(item(number) for number in range(1, 52))), 400, "invalid_submission")
    assert_refused(phone.send(*(item(number, text="a" * 9000) for number in range(1, 30))), 413, "too_large")
    assert served.published() == 0

    assert set(statuses(phone.results(*(item(number) for number in range(1, 51))))) == {"accepted"}


def test_missing_numbers_are_told(phone: Phone) -> None:
    """The door tells exactly which numbers below the highest it lacks, and what fills a gap makes it go."""
    assert phone.state() == (0, [])
    phone.results(item(2), item(5), item(6), item(10))
    assert phone.state() == (10, [[1, 1], [3, 4], [7, 9]])
    phone.results(item(8), item(1))
    assert phone.state() == (10, [[3, 4], [7, 7], [9, 9]])
    phone.results(item(3), item(4), item(7), item(9))
    assert phone.state() == (10, [])


def test_devices_count_for_themselves(served: DoorClient, phone: Phone) -> None:
    """Another device's numbers and ids are its own: the same client id from two devices is two reports."""
    other = Phone(served)
    other.register()
    same = item(3)
    mine, theirs = phone.results(same)[0], other.results(same)[0]

    assert (mine["status"], theirs["status"]) == ("accepted", "accepted")
    assert mine["tracking"] != theirs["tracking"]
    phone.results(item(1))
    assert (phone.state(), other.state()) == ((3, [[2, 2]]), (3, [[1, 2]]))


def test_reused_number_loses_nothing(served: DoorClient, phone: Phone) -> None:
    """Another report under a number that is taken is not accepted, and is told which number to use; then it is."""
    phone.results(item(1), item(2))
    lost = item(2)
    (result,) = phone.results(lost)

    assert statuses([result]) == ["sequence_reused"]
    assert "3" in faults(result)["sequence"]
    assert len(served.raw_messages("mobile")) == 2
    assert statuses(phone.results(lost | {"sequence": 3})) == ["accepted"]


def test_two_reports_at_once_under_one_number(served: DoorClient, phone: Phone) -> None:
    """Whatever the two are told, what was accepted is on the bus, and what was not can be sent again."""
    pair = [item(1), item(1)]
    with ThreadPoolExecutor(2) as pool:
        results = [result for (result,) in pool.map(phone.results, pair)]

    again = [phone.results(each | {"sequence": 7 + place})[0] for place, each in enumerate(pair)]
    assert [each["status"] for each in again if each["tracking"] in {result["tracking"] for result in results}]
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 2


def test_reused_client_id_is_told(served: DoorClient, phone: Phone) -> None:
    """Other words under a client id that was used are refused, not passed over as known; the first ones stay."""
    first = item(1)
    phone.results(first)
    (result,) = phone.results(first | {"sequence": 2, "text": "Lain."})

    assert statuses([result]) == ["idempotency_key_reused"]
    assert set(faults(result)) == {"client_id"}
    assert len(served.raw_messages("mobile")) == 1


def test_known_report_under_another_number(phone: Phone) -> None:
    """A report that came before is known under whatever number it is sent again, and fills that number."""
    first = item(1)
    phone.results(first)

    assert statuses(phone.results(first | {"sequence": 2})) == ["known"]
    assert phone.state() == (2, [])


def test_refused_item_may_be_mended(phone: Phone) -> None:
    """A refused item leaves its number and its client id free."""
    bad = item(1, text="")
    assert statuses(phone.results(bad)) == ["invalid_submission"]
    assert statuses(phone.results(bad | {"text": TEXT})) == ["accepted"]


def test_one_report_by_both_addresses(served: DoorClient, phone: Phone) -> None:
    """A report that was sent on its own and again in the outbox, or the other way round, is one."""
    sent = item(1)
    alone = {name: value for name, value in sent.items() if name != "sequence"} | {"device_id": str(phone.device_id)}
    first = served.post("/mobile/v1/reports", json=alone)
    (result,) = phone.results(sent)
    again = phone.call("POST", "/reports", json=alone)

    assert result["status"] == "known"
    assert first.json()["tracking"] == result["tracking"] == again.json()["tracking"]
    assert len(served.raw_messages("mobile")) == 1


def test_a_new_push_token_is_no_new_report(phone: Phone) -> None:
    """What may change between two attempts, as the push token does, does not make it another report."""
    sent = item(1, push_token="push-1")
    assert statuses(phone.results(sent)) == ["accepted"]
    assert statuses(phone.results(sent | {"push_token": "push-2"})) == ["known"]


def test_refused_items_are_logged_without_words(phone: Phone, logged: list[EventDict]) -> None:
    """Operations see that an item was turned away and why, as at any other door."""
    phone.results(item(1, text=""), item(2))

    assert [(line["event"], line["route"], line["reason"]) for line in logged if line["event"] == "door.refused"] == [
        ("door.refused", "/mobile/v1/outbox", "invalid_submission")
    ]


class Tripping:
    """A bus's producer with a fault at the calls in `at`, counted from 1: no fault that anybody foresaw."""

    def __init__(self, inner: Producer, at: Container[int]) -> None:
        self._inner = inner
        self._at = at
        self._calls = 0

    def publish(self, messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        self._calls += 1
        if self._calls in self._at:
            raise LookupError(TEXT)
        self._inner.publish(messages)

    def close(self) -> None:
        """See `bus.port.Producer`."""
        self._inner.close()


def test_fault_of_ours_is_one_items_own(serve: Serve, producer: Producer, logged: list[EventDict]) -> None:
    """The item that trips it is to be sent again, as its result says; the others are taken, and so is it then.

    The log says where it was raised, and not what was sent.
    """
    phone = Phone(serve(Tripping(producer, {2})))
    phone.register()
    sent = [item(number) for number in (1, 2, 3)]

    results = phone.results(*sent)
    lines = [line for line in logged if line["event"] == "mobile.report_failed"]
    refusals = [line["reason"] for line in logged if line["event"] == "door.refused"]

    assert statuses(results) == ["accepted", "unexpected", "accepted"]
    assert "kirim lagi" in results[1]["title"]
    assert results[1]["retry_after"] > 0
    assert (results[1]["tracking"], phone.state()) == ("", (3, [[2, 2]]))
    assert (len(lines), refusals) == (1, ["unexpected"])
    assert statuses(phone.results(*sent)) == ["known", "accepted", "known"]
    assert len(phone.served.raw_messages("mobile")) == 3


def test_nothing_but_faults_is_still_answered(serve: Serve, producer: Producer) -> None:
    """A batch of which nothing could be taken has a result for each item too."""
    phone = Phone(serve(Tripping(producer, range(1, 99))))
    phone.register()

    assert statuses(phone.results(item(1), item(2, text=""))) == ["unexpected", "invalid_submission"]
    assert phone.state() == (0, [])


# The memory itself, on each kind of database.


def message(number: int) -> PublishedReport:
    """A report of its own."""
    return PublishedReport(UUID(int=number), UUID(int=number), UUID(int=number), f"N{number}", NOW)


@given(numbers=st.sets(st.integers(1, 60)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_gaps(numbers: set[int], engine: Engine) -> None:
    """Whatever came, in whatever order: the gaps are what is left of one to the highest."""
    sequences = Sequences(engine)
    device = str(uuid4())
    for number in numbers:
        sequences.record_report(device, message(number), number)
    count = sequences.count(device)

    lacking = {number for first, last in count.missing for number in range(first, last + 1)}
    assert count.highest == max(numbers, default=0)
    assert lacking == set(range(1, count.highest + 1)) - numbers
    assert all(last + 1 in numbers for _, last in count.missing)


def test_gaps_have_a_bound(engine: Engine) -> None:
    """A device that counts in leaps is told of the lowest gaps only; the greatest number will do for any phone."""
    sequences = Sequences(engine)
    for number in (2, 2**31 - 1):
        sequences.record_report("jauh", message(number), number)
    assert sequences.count("jauh") == SequenceCount(2**31 - 1, ((1, 1), (3, 2**31 - 2)))

    for number in range(1, MAX_GAPS + 2):
        sequences.record_report("loncat", message(number), number * 2)
    missing = sequences.count("loncat").missing
    assert (len(missing), missing[0], missing[-1]) == (MAX_GAPS, (1, 1), (MAX_GAPS * 2 - 1,) * 2)


def test_first_under_a_number_stays(engine: Engine) -> None:
    """What came first under a number is what came under it."""
    sequences = Sequences(engine)
    sequences.record_report("d", message(1), 5)
    sequences.record_report("d", message(2), 5)

    assert sequences.message_at("d", 5) == UUID(int=1)
    assert [each.tracking for each in sequences.latest_reports("d", 9)] == ["N1", "N2"]


_REGIONS = load_regions()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(DEVICE),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["items", *OutboxItem.model_fields]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(body=st.binary(max_size=200) | _JSON.map(lambda found: json.dumps({"items": found}).encode()))
def test_reading_a_batch_is_total(body: bytes) -> None:
    """Any bytes give items, each a letter or a reason, or one refusal of the whole."""
    try:
        found = [type(each.report_or_refusal) for each in read_batch(body, UUID(DEVICE), _REGIONS)]
    except Refused as refused_whole:
        found = [type(refused_whole)]
    assert found
    assert set(found) <= {DeviceReport, Refused}

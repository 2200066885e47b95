"""Batch upload: on any network each report is published once, and none is lost."""

import json
from collections.abc import Container, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from structlog.types import EventDict

from bus.port import Outgoing, Producer
from config.reference.regions import load_regions
from ingest.mobile.adapter import DeviceReport, read_batch
from ingest.mobile.sequences import MAX_GAPS, PublishedReport, SequenceCount, Sequences
from messages.payloads.submission import OutboxItem
from pages.refusals import Refused
from tests.conftest import NOW
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, details_by_field, item, statuses
from tests.ingest.people import DEVICE, TEXT

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    phone = Phone(served)
    phone.register()
    return phone


def test_batch_becomes_records(served: DoorClient, phone: Phone) -> None:
    """Each item is one record with its own number, verified by the token, with the app's own values."""
    sent = [item(1), item(2, accuracy=12.5, latitude=-7.5, longitude=110.25)]
    results = phone.results(*sent)

    raw_messages = served.raw_messages("mobile")
    assert statuses(results) == ["accepted", "accepted"]
    for sent_item, result, raw in zip(sent, results, raw_messages, strict=True):
        assert (result["tracking"], result["client_id"]) == (raw.tracking, sent_item["client_id"])
        assert result["status_url"] == f"{served.address}/status/{raw.tracking}"
        assert raw.verified_by == "device-token"
    assert [json.loads(served.open_body(raw))["submission"] for raw in raw_messages] == sent


def test_five_attempts_are_one_report(served: DoorClient, phone: Phone) -> None:
    """The same report sent five times gets the same number each time, and is one message."""
    sent = item(1)
    results = [phone.results(sent)[0] for _ in range(5)]

    assert [result["status"] for result in results] == ["accepted"] + ["known"] * 4
    assert len({result["tracking"] for result in results}) == 1
    assert len(served.raw_messages("mobile")) == 1


def test_concurrent_attempts_are_one_report(served: DoorClient, phone: Phone) -> None:
    """Five concurrent attempts get the same number, and are one message by its id."""
    sent = item(1)
    with ThreadPoolExecutor(5) as pool:
        results = list(pool.map(lambda _: phone.results(sent)[0], range(5)))

    assert {(result["status"], result["reason"]) for result in results} <= {("accepted", ""), ("known", "")}
    assert len({result["tracking"] for result in results}) == 1
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 1
    assert phone.state() == (1, [])


def test_an_attempt_that_is_recorded_meanwhile_takes_no_number(
    served: DoorClient, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another attempt is recorded between the two reads of the first one: both get the same report."""
    sent = item(1)
    reads: list[str] = []
    others: list[Mapping[str, Any]] = []

    def with_other_attempt(name: str) -> None:
        read = getattr(Sequences, name)

        def interrupted(*arguments: object) -> object:
            reads.append(name)
            if len(reads) == 2:
                others.extend(phone.results(sent))
            return read(*arguments)

        monkeypatch.setattr(Sequences, name, interrupted)

    for name in ("find_report", "message_at"):
        with_other_attempt(name)
    (result,) = phone.results(sent)
    assert {reads[0], reads[1]} == {"find_report", "message_at"}
    assert [other["status"] for other in others] == ["accepted"]
    assert (result["status"], result["tracking"]) == ("known", others[0]["tracking"])
    assert len(served.raw_messages("mobile")) == 1


def test_an_invalid_item_does_not_affect_the_others(served: DoorClient, phone: Phone) -> None:
    """Each invalid item gets a reason, under its own number if it can be read. The others are accepted."""
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
    assert (set(details_by_field(results[1])), set(details_by_field(results[2]))) == ({"text"}, {"txet"})
    assert (set(details_by_field(results[7])), set(details_by_field(results[13]))) == ({"client_id"}, {"province"})
    assert (answer["highest"], answer["missing"]) == (10, [[2, 9]])
    assert len(served.raw_messages("mobile")) == 2


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"items": {}}', b'{"items": []}', b'{"items": [NaN]}', b"[" * 100_000, b"\xff"]
)
def test_a_body_without_items_is_refused(served: DoorClient, phone: Phone, body: bytes) -> None:
    """A body without a list of items is refused as a whole, and nothing is published."""
    assert_refused(
        phone.call("POST", "/outbox", {"Content-Type": "application/json"}, data=body), 400, "invalid_submission"
    )
    assert served.published_count() == 0


def test_a_batch_is_limited(served: DoorClient, phone: Phone) -> None:
    """Fifty items are accepted. One more item, or too many bytes, are refused as a whole."""
    assert "items" in assert_refused(phone.send(*(item(number) for number in range(1, 52))), 400, "invalid_submission")
    assert_refused(phone.send(*(item(number, text="a" * 9000) for number in range(1, 30))), 413, "too_large")
    assert served.published_count() == 0

    assert set(statuses(phone.results(*(item(number) for number in range(1, 51))))) == {"accepted"}


def test_missing_numbers_are_returned(phone: Phone) -> None:
    """The door returns exactly the missing numbers below the highest one. A report that fills a gap removes it."""
    assert phone.state() == (0, [])
    phone.results(item(2), item(5), item(6), item(10))
    assert phone.state() == (10, [[1, 1], [3, 4], [7, 9]])
    phone.results(item(8), item(1))
    assert phone.state() == (10, [[3, 4], [7, 7], [9, 9]])
    phone.results(item(3), item(4), item(7), item(9))
    assert phone.state() == (10, [])


def test_each_device_has_its_own_numbers(served: DoorClient, phone: Phone) -> None:
    """The same client id from two devices is two reports."""
    second_phone = Phone(served)
    second_phone.register()
    shared_item = item(3)
    first_result, second_result = phone.results(shared_item)[0], second_phone.results(shared_item)[0]

    assert (first_result["status"], second_result["status"]) == ("accepted", "accepted")
    assert first_result["tracking"] != second_result["tracking"]
    phone.results(item(1))
    assert (phone.state(), second_phone.state()) == ((3, [[2, 2]]), (3, [[1, 2]]))


def test_reused_number_loses_nothing(served: DoorClient, phone: Phone) -> None:
    """Another report under a used number is refused with a free number. Under that number it is accepted."""
    phone.results(item(1), item(2))
    lost = item(2)
    (result,) = phone.results(lost)

    assert statuses([result]) == ["sequence_reused"]
    assert "3" in details_by_field(result)["sequence"]
    assert len(served.raw_messages("mobile")) == 2
    assert statuses(phone.results(lost | {"sequence": 3})) == ["accepted"]


def test_two_reports_at_once_under_one_number(served: DoorClient, phone: Phone) -> None:
    """Accepted reports are on the bus, and refused ones can be sent again."""
    pair = [item(1), item(1)]
    with ThreadPoolExecutor(2) as pool:
        results = [result for (result,) in pool.map(phone.results, pair)]

    again = [phone.results(report | {"sequence": 7 + index})[0] for index, report in enumerate(pair)]
    assert [report["status"] for report in again if report["tracking"] in {result["tracking"] for result in results}]
    assert len({raw.id for raw in served.raw_messages("mobile")}) == 2


def test_reused_client_id_is_refused(served: DoorClient, phone: Phone) -> None:
    """Another text under a used client id is refused and not taken for the first report, which stays."""
    first = item(1)
    phone.results(first)
    (result,) = phone.results(first | {"sequence": 2, "text": "Lain."})

    assert statuses([result]) == ["idempotency_key_reused"]
    assert set(details_by_field(result)) == {"client_id"}
    assert len(served.raw_messages("mobile")) == 1


def test_known_report_under_another_number(phone: Phone) -> None:
    """A repeated report is recognised under any number, and fills that number."""
    first = item(1)
    phone.results(first)

    assert statuses(phone.results(first | {"sequence": 2})) == ["known"]
    assert phone.state() == (2, [])


def test_a_refused_item_may_be_corrected(phone: Phone) -> None:
    """A refused item leaves its number and its client id free."""
    bad = item(1, text="")
    assert statuses(phone.results(bad)) == ["invalid_submission"]
    assert statuses(phone.results(bad | {"text": TEXT})) == ["accepted"]


def test_one_report_by_both_addresses(served: DoorClient, phone: Phone) -> None:
    """A report sent alone and also in a batch, in either order, is one report."""
    sent = item(1)
    alone = {name: value for name, value in sent.items() if name != "sequence"} | {"device_id": str(phone.device_id)}
    first = served.post("/mobile/v1/reports", json=alone)
    (result,) = phone.results(sent)
    again = phone.call("POST", "/reports", json=alone)

    assert result["status"] == "known"
    assert first.json()["tracking"] == result["tracking"] == again.json()["tracking"]
    assert len(served.raw_messages("mobile")) == 1


def test_a_new_push_token_is_no_new_report(phone: Phone) -> None:
    """A push token may change between two attempts of one report."""
    sent = item(1, push_token="push-1")
    assert statuses(phone.results(sent)) == ["accepted"]
    assert statuses(phone.results(sent | {"push_token": "push-2"})) == ["known"]


def test_refused_items_are_logged_without_content(phone: Phone, logged: list[EventDict]) -> None:
    """The log contains each refused item with its reason, as at any other door."""
    phone.results(item(1, text=""), item(2))

    assert [(line["event"], line["route"], line["reason"]) for line in logged if line["event"] == "door.refused"] == [
        ("door.refused", "/mobile/v1/outbox", "invalid_submission")
    ]


class FailingProducer:
    """A bus producer that raises an unexpected error at the calls in `at`, counted from 1."""

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


def reasons_of(logged: list[EventDict], event: str) -> list[str | None]:
    """Return the reason in each log line of an event, `None` for a line without a reason."""
    return [line.get("reason") for line in logged if line["event"] == event]


def test_an_unexpected_error_refuses_one_item(serve: Serve, producer: Producer, logged: list[EventDict]) -> None:
    """The failing item is to be sent again, as its result says, and is accepted then. The others are accepted at once.

    The log says where the error was raised, and not what was sent.
    """
    phone = Phone(serve(FailingProducer(producer, {2})))
    phone.register()
    sent = [item(number) for number in (1, 2, 3)]

    results = phone.results(*sent)
    failed = results[1]

    assert statuses(results) == ["accepted", "unexpected", "accepted"]
    assert "kirim lagi" in failed["title"]
    assert (failed["retry_after"] > 0, failed["tracking"], phone.state()) == (True, "", (3, [[2, 2]]))
    assert reasons_of(logged, "mobile.report_failed") == [None]
    assert reasons_of(logged, "door.refused") == ["unexpected"]
    assert statuses(phone.results(*sent)) == ["known", "accepted", "known"]
    assert len(phone.served.raw_messages("mobile")) == 3


def test_a_batch_of_failures_has_a_result_for_each_item(serve: Serve, producer: Producer) -> None:
    """A batch without any accepted report has a result for each item."""
    phone = Phone(serve(FailingProducer(producer, range(1, 99))))
    phone.register()

    assert statuses(phone.results(item(1), item(2, text=""))) == ["unexpected", "invalid_submission"]
    assert phone.state() == (0, [])


# The memory itself, on each kind of database.


def message(number: int) -> PublishedReport:
    """Return a published report."""
    return PublishedReport(UUID(int=number), UUID(int=number), UUID(int=number), f"N{number}", NOW)


@given(numbers=st.sets(st.integers(1, 60)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_missing_ranges(numbers: set[int], engine: Engine) -> None:
    """The missing ranges are the complement of the received numbers, in any order of arrival."""
    sequences = Sequences(engine)
    device = str(uuid4())
    for number in numbers:
        sequences.record_report(device, message(number), number)
    count = sequences.count(device)

    lacking = {number for first, last in count.missing for number in range(first, last + 1)}
    assert count.highest == max(numbers, default=0)
    assert lacking == set(range(1, count.highest + 1)) - numbers
    assert all(last + 1 in numbers for _, last in count.missing)


def test_missing_ranges_are_limited(engine: Engine) -> None:
    """Only the lowest ranges are returned. The greatest number is enough for any phone."""
    sequences = Sequences(engine)
    for number in (2, 2**31 - 1):
        sequences.record_report("jauh", message(number), number)
    assert sequences.count("jauh") == SequenceCount(2**31 - 1, ((1, 1), (3, 2**31 - 2)))

    for number in range(1, MAX_GAPS + 2):
        sequences.record_report("loncat", message(number), number * 2)
    missing = sequences.count("loncat").missing
    assert (len(missing), missing[0], missing[-1]) == (MAX_GAPS, (1, 1), (MAX_GAPS * 2 - 1,) * 2)


def test_first_under_a_number_stays(engine: Engine) -> None:
    """The first report under a number keeps that number."""
    sequences = Sequences(engine)
    sequences.record_report("d", message(1), 5)
    sequences.record_report("d", message(2), 5)

    assert sequences.message_at("d", 5) == UUID(int=1)
    assert [report.tracking for report in sequences.latest_reports("d", 9)] == ["N1", "N2"]


_REGIONS = load_regions()
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(DEVICE),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["items", *OutboxItem.model_fields]), inner, max_size=6)
    ),
    max_leaves=20,
)


@given(body=st.binary(max_size=200) | _JSON.map(lambda items: json.dumps({"items": items}).encode()))
def test_reading_a_batch_is_total(body: bytes) -> None:
    """Any bytes give items, each a report or a refusal, or one refusal of the whole batch."""
    try:
        content_types = [type(batch_item.report_or_refusal) for batch_item in read_batch(body, UUID(DEVICE), _REGIONS)]
    except Refused as refused_whole:
        content_types = [type(refused_whole)]
    assert content_types
    assert set(content_types) <= {DeviceReport, Refused}

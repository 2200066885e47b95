"""The feed: what became of a device's reports, told to that device alone, and cheap to ask again."""

from collections.abc import Sequence
from uuid import uuid4

import pytest

from bus.port import Outgoing, Record
from messages.codec import decode, encode
from messages.ids import answer_id
from messages.shapes import AgencyAnswer, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import PHONE, TEXT, Fields
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_ledger_sink, make_normalizer, make_router


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    made = Phone(served)
    made.register()
    return made


def reports(phone: Phone) -> list[Fields]:
    """The feed's reports."""
    answer = phone.call("GET", "/feed")
    assert answer.status_code == 200
    found: list[Fields] = answer.json()["reports"]
    return found


def work(served: DoorClient) -> list[Outgoing]:
    """All stages once over what the door published; returns the dispatches."""
    parts = served.parts
    reader = parts.bus.reader()
    try:
        arrivals: Sequence[Record] = list(reader.read(["raw-mobile"]))
    finally:
        reader.close()
    complaints = make_normalizer(parts.engine, parts.sealer, parts.services.names).handle(arrivals)
    records = [at(out, place) for place, out in enumerate(complaints) if out.topic == COMPLAINTS]
    routed = make_router(parts.engine, fixed_rules_source(), lambda: NOW).handle(records)
    dispatches = [out for out in routed if out.topic.startswith("agency-")]
    make_ledger_sink(parts.engine).handle([*records, *(at(out, place) for place, out in enumerate(dispatches))])
    return dispatches


def answer(served: DoorClient, dispatch: Outgoing, verdict: str) -> None:
    """An agency says something of a dispatch."""
    asked = decode(Dispatch, dispatch.value, dispatch.headers)
    said = AgencyAnswer.model_validate(
        {
            "id": answer_id(asked.id, verdict, ""),
            "message_id": asked.message_id,
            "at": NOW,
            "complaint_id": asked.complaint_id,
            "dispatch_id": asked.id,
            "agency": asked.agency,
            "verdict": verdict,
        }
    )
    record = Outgoing(AGENCY_ANSWERS, *encode(said, str(asked.complaint_id), "/test"))
    make_ledger_sink(served.parts.engine).handle([at(record)])


def test_empty_feed(phone: Phone) -> None:
    """A device that sent nothing has a feed without reports."""
    assert reports(phone) == []


def test_feed_follows_a_report(served: DoorClient, phone: Phone) -> None:
    """A report is there as soon as it is accepted, and its state moves on with it."""
    sent = item(1, region="Kota Semarang")
    (taken,) = phone.results(sent)
    (first,) = reports(phone)
    assert (first["tracking"], first["client_id"], first["state"]) == (taken["tracking"], sent["client_id"], "diterima")
    assert (first["thread"], first["status_url"]) == (sent["client_id"], taken["status_url"])

    (dispatch,) = work(served)
    (sent_on,) = reports(phone)
    assert (sent_on["state"], sent_on["agency"]) == ("terdisposisi", "Kota Semarang")
    answer(served, dispatch, "accepted")
    assert reports(phone)[0]["state"] == "proses"
    answer(served, dispatch, "closed")
    assert reports(phone)[0]["state"] == "selesai"


def test_more_shows_what_it_belongs_to(served: DoorClient, phone: Phone) -> None:
    """What was said later about a report is there under its own number, with the report's."""
    first = item(1)
    (taken,) = phone.results(first)
    phone.results(item(2, about=first["client_id"]))
    work(served)

    found = {each["tracking"]: each for each in reports(phone)}
    (later,) = (each for number, each in found.items() if number != taken["tracking"])
    assert (later["belongs_to"], later["thread"]) == (taken["tracking"], first["client_id"])
    assert found[taken["tracking"]]["belongs_to"] is None


def test_feed_is_the_device_s_own(served: DoorClient, phone: Phone) -> None:
    """Nothing of another device stands in it, and nothing of what was written in either."""
    other = Phone(served)
    other.register()
    phone.results(item(1, phone=PHONE))
    other.results(item(1), item(2))

    assert (len(reports(phone)), len(reports(other))) == (1, 2)
    assert not {each["tracking"] for each in reports(phone)} & {each["tracking"] for each in reports(other)}
    said = phone.call("GET", "/feed").text
    assert [private for private in (TEXT, PHONE, str(phone.device_id)) if private in said] == []


def test_reports_sent_alone_are_in_it(served: DoorClient, phone: Phone) -> None:
    """So is what the same device sent without the outbox, with its token or without."""
    said = {"device_id": str(phone.device_id), "text": TEXT}
    phone.call("POST", "/reports", json=said | {"client_id": str(uuid4())})
    served.post("/mobile/v1/reports", json=said, headers={"Idempotency-Key": "k"})

    assert sorted(each["client_id"] is None for each in reports(phone)) == [False, True]


def test_unchanged_feed_is_304(served: DoorClient, phone: Phone) -> None:
    """Asked again with its ETag an unchanged feed is 304 without a body; a changed one comes, with another ETag."""
    phone.results(item(1))
    before = phone.call("GET", "/feed")
    tag = before.headers["ETag"]
    for asked in (tag, f"W/{tag}", f'"lain", {tag}', "*"):
        same = phone.call("GET", "/feed", {"If-None-Match": asked})
        assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", tag)
    assert phone.call("GET", "/feed", {"If-None-Match": '"lain"'}).status_code == 200

    work(served)
    changed = phone.call("GET", "/feed", {"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_no_cache_keeps_it_for_others(phone: Phone) -> None:
    """What is one device's is kept by no shared cache, and asked for again by its own."""
    for headers in ({}, {"If-None-Match": "*"}):
        answered = phone.call("GET", "/feed", headers)
        assert answered.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answered.headers["Vary"]

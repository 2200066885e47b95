"""Feed: states of a device's reports, for that device alone, and cheap to request again."""

from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID, uuid4

import pytest
import requests

from bus.port import Outgoing, Record
from cases.facts.tables import EventFact
from config.database import write_transaction
from desk.acts.answer_pictures import AnswerPictures
from messages.codec import decode, encode
from messages.ids import answer_id
from messages.shapes import AgencyAnswer, Correction, Dispatch, NewPart, Relation
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS
from tests.conftest import NOW
from tests.ingest.door_client import DoorClient
from tests.ingest.mobile.phones import Phone, item
from tests.ingest.people import PHONE, TEXT, Fields
from tests.pages.test_document_cleaning import letter
from tests.support.agency_answers import signed
from tests.support.case_stages import make_case_stage, store
from tests.support.records import at
from tests.support.rules import fixed_rules_source
from tests.support.stages import make_normalizer, make_router


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    phone = Phone(served)
    phone.register()
    return phone


def reports(phone: Phone) -> list[Fields]:
    """Return the reports of the feed."""
    answer = phone.call("GET", "/feed")
    assert answer.status_code == 200
    reports_of_feed: list[Fields] = answer.json()["reports"]
    return reports_of_feed


def process(served: DoorClient) -> list[Outgoing]:
    """Run all stages once on the published messages and return the dispatches."""
    parts = served.parts
    reader = parts.bus.reader()
    try:
        arrivals: Sequence[Record] = list(reader.read(["raw-mobile"]))
    finally:
        reader.close()
    complaints = make_normalizer(parts.engine, parts.sealer, parts.tables.services.names).handle(arrivals)
    records = [at(out, offset) for offset, out in enumerate(complaints) if out.topic == COMPLAINTS]
    routed = make_router(parts.engine, fixed_rules_source(), lambda: NOW).handle(records)
    dispatches = [out for out in routed if out.topic.startswith("agency-")]
    make_case_stage(parts.engine).handle([*records, *(at(out, offset) for offset, out in enumerate(dispatches))])
    return dispatches


def answer(served: DoorClient, dispatch: Outgoing, verdict: str, words: str = "", document: UUID | None = None) -> None:
    """Return an agency's answer to a dispatch."""
    answered_dispatch = decode(Dispatch, dispatch.value, dispatch.headers)
    agency_answer = AgencyAnswer.model_validate(
        {
            "id": answer_id(answered_dispatch.id, verdict, words),
            "text": words,
            "message_id": answered_dispatch.message_id,
            "at": NOW,
            "complaint_id": answered_dispatch.complaint_id,
            "dispatch_id": answered_dispatch.id,
            "agency": answered_dispatch.agency,
            "verdict": verdict,
            "document": document,
        }
    )
    record = Outgoing(AGENCY_ANSWERS, *encode(signed(agency_answer), str(answered_dispatch.complaint_id), "/test"))
    make_case_stage(served.parts.engine).handle([at(record)])


def test_empty_feed(phone: Phone) -> None:
    """The feed of a device without reports is empty."""
    assert reports(phone) == []


def test_feed_follows_a_report(served: DoorClient, phone: Phone) -> None:
    """A report is in the feed as soon as it is accepted, and its state follows the ledger."""
    sent = item(1, region="Kota Semarang")
    (taken,) = phone.results(sent)
    (first,) = reports(phone)
    assert (first["tracking"], first["client_id"], first["state"]) == (taken["tracking"], sent["client_id"], "diterima")
    assert (first["thread"], first["status_url"]) == (sent["client_id"], taken["status_url"])

    (dispatch,) = process(served)
    (sent_on,) = reports(phone)
    assert (sent_on["state"], sent_on["agency"]) == ("diteruskan", "Kota Semarang")
    answer(served, dispatch, "accepted")
    assert reports(phone)[0]["state"] == "ditangani"
    answer(served, dispatch, "asked", "Di jalan apa?")
    (asked,) = reports(phone)
    assert (asked["state"], asked["question"], asked["answer"]) == ("menunggu-anda", "Di jalan apa?", "")
    answer(served, dispatch, "closed", "Sudah diperbaiki.")
    (closed,) = reports(phone)
    assert (closed["state"], closed["question"], closed["answer"]) == ("selesai", "", "Sudah diperbaiki.")
    assert closed["link"] == taken["link"]


def test_feed_asks_for_a_rating_until_there_is_one(served: DoorClient, phone: Phone) -> None:
    """The app answers with a follow-up."""
    sent = item(1, region="Kota Semarang")
    phone.results(sent)
    (dispatch,) = process(served)
    answer(served, dispatch, "closed", "Sudah diperbaiki.")
    assert not reports(phone)[0]["asks_rating"]
    decoded = decode(Dispatch, dispatch.value, dispatch.headers)
    ids = {"id": uuid4(), "subject": decoded.complaint_id, "message_id": decoded.message_id}
    with write_transaction(served.parts.engine) as connection:
        event = {**ids, "event": "rating-asked", "reason": "closed", "tracking": decoded.tracking, "at": NOW}
        store(connection, EventFact, [event])
    assert reports(phone)[0]["asks_rating"]
    rating = {"client_id": str(uuid4()), "about": sent["client_id"], "act": "rates", "rating": 4}
    assert phone.call("POST", "/follow-ups", json=rating).status_code == requests.codes.accepted
    process(served)
    assert {entry["asks_rating"] for entry in reports(phone)} == {False}


def divide(served: DoorClient, dispatch: Outgoing, words: str) -> Outgoing:
    """Let an officer take words from a report, and the stages work; return the dispatch of the part."""
    report = decode(Dispatch, dispatch.value, dispatch.headers)
    correction = Correction(
        id=uuid4(),
        message_id=report.message_id,
        at=NOW,
        complaint_id=report.complaint_id,
        tracking=report.tracking,
        relation=Relation(),
        actor="Sri",
        reason="",
        part=NewPart(dispatch_id=report.id, text=words, agency="bumn-pln"),
    )
    router = make_router(served.parts.engine, fixed_rules_source(), lambda: NOW)
    sent = at(Outgoing(CORRECTIONS, *encode(correction, str(report.complaint_id), "/test")), 10)
    parts = [at(out, 11) for out in router.handle([sent]) if out.topic == COMPLAINTS]
    (of_part,) = [out for out in router.handle(parts) if out.topic.startswith("agency-")]
    make_case_stage(served.parts.engine).handle([sent, *parts, at(of_part, 12)])
    return of_part


def test_feed_lists_the_parts_of_a_report(served: DoorClient, phone: Phone) -> None:
    """Each with its state and its own link, on which an act is about the part alone; the report is over with the last.

    The newest part was added after the feed was read, so the app gets another answer than 304.
    """
    phone.results(item(1, text=f"{TEXT}. Juga listrik sering padam.", region="Kota Semarang"))
    (dispatch,) = process(served)
    (whole,) = reports(phone)
    assert whole["parts"] == []
    tag = phone.call("GET", "/feed").headers["ETag"]
    part_dispatch = decode(
        Dispatch, (of_part := divide(served, dispatch, "Juga listrik sering padam.")).value, of_part.headers
    )
    assert phone.call("GET", "/feed", headers={"If-None-Match": tag}).status_code == requests.codes.ok
    answer(served, dispatch, "closed", "Sudah.")
    (whole,) = reports(phone)
    (part,) = whole["parts"]
    number = f"{whole['tracking']}-2"
    assert (part["tracking"], part["number"], part["state"]) == (number, 2, "diteruskan")
    assert (whole["state"], part["status_url"].endswith(f"/status/{number}")) == ("diteruskan", True)
    assert part["link"] == served.parts.keys.link_of(part_dispatch.message_id) != whole["link"]
    answer(served, of_part, "closed", "Menyala.")
    (whole,) = reports(phone)
    assert (whole["state"], whole["parts"][0]["state"]) == ("selesai", "selesai")


def test_feed_has_the_address_of_a_document(served: DoorClient, phone: Phone) -> None:
    """The address saves it without a token of the device."""
    phone.results(item(1, region="Kota Semarang"))
    (dispatch,) = process(served)
    parts = served.parts
    store = AnswerPictures(parts.engine, parts.sealer, lambda _client: nullcontext(), lambda _size: None, parts.now)
    document = store.store_document(decode(Dispatch, dispatch.value, dispatch.headers), letter)
    answer(served, dispatch, "closed", "Surat terlampir.", document.id)
    (closed,) = reports(phone)
    assert closed["document"] == f"{closed['link']}/berkas/{document.id}"
    opened = served.get("/l/" + closed["document"].partition("/l/")[2])
    assert (opened.status_code, opened.headers["Content-Type"]) == (200, "application/pdf")


def test_an_addition_shows_its_report(served: DoorClient, phone: Phone) -> None:
    """An addition has its own number, and shows the number of its report."""
    first = item(1)
    (taken,) = phone.results(first)
    phone.results(item(2, about=first["client_id"]))
    process(served)

    reports_by_number = {report["tracking"]: report for report in reports(phone)}
    (later,) = (report for number, report in reports_by_number.items() if number != taken["tracking"])
    assert (later["belongs_to"], later["thread"]) == (taken["tracking"], first["client_id"])
    assert reports_by_number[taken["tracking"]]["belongs_to"] is None


def test_feed_shows_only_the_device_s_reports(served: DoorClient, phone: Phone) -> None:
    """The feed contains nothing of another device, and no text of any report."""
    other_phone = Phone(served)
    other_phone.register()
    phone.results(item(1, phone=PHONE))
    other_phone.results(item(1), item(2))

    assert (len(reports(phone)), len(reports(other_phone))) == (1, 2)
    numbers, other_numbers = ({report["tracking"] for report in reports(device)} for device in (phone, other_phone))
    assert not numbers & other_numbers
    feed_text = phone.call("GET", "/feed").text
    assert [private for private in (TEXT, PHONE, str(phone.device_id)) if private in feed_text] == []


def test_reports_sent_alone_are_in_the_feed(served: DoorClient, phone: Phone) -> None:
    """The feed contains reports that the device sent alone, with its token or without."""
    report_fields = {"device_id": str(phone.device_id), "text": TEXT}
    phone.call("POST", "/reports", json=report_fields | {"client_id": str(uuid4())})
    served.post("/mobile/v1/reports", json=report_fields, headers={"Idempotency-Key": "k"})

    assert sorted(report["client_id"] is None for report in reports(phone)) == [False, True]


def test_unchanged_feed_is_304(served: DoorClient, phone: Phone) -> None:
    """With its ETag an unchanged feed is 304 without a body. A changed feed has another ETag."""
    phone.results(item(1))
    first_answer = phone.call("GET", "/feed")
    tag = first_answer.headers["ETag"]
    for if_none_match in (tag, f"W/{tag}", f'"lain", {tag}', "*"):
        second_answer = phone.call("GET", "/feed", {"If-None-Match": if_none_match})
        assert (second_answer.status_code, second_answer.content, second_answer.headers["ETag"]) == (304, b"", tag)
    assert phone.call("GET", "/feed", {"If-None-Match": '"lain"'}).status_code == 200

    process(served)
    changed = phone.call("GET", "/feed", {"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != tag


def test_no_shared_cache_stores_the_feed(phone: Phone) -> None:
    """A shared cache may not store the feed, and a private cache must ask again."""
    for headers in ({}, {"If-None-Match": "*"}):
        answered = phone.call("GET", "/feed", headers)
        assert answered.headers["Cache-Control"] == "private, no-cache"
        assert "Authorization" in answered.headers["Vary"]

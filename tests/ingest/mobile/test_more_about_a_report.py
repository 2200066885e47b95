"""Additions to a report, which only its own device can send; coordinates and push token of a complaint."""

import json
from collections.abc import Sequence
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from messages.payloads.submission import MOBILE_ENVELOPE
from messages.shapes import Complaint
from normalize.draft import Unreadable
from normalize.readers import mobile
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, item, statuses
from tests.ingest.people import DEVICE, TEXT
from tests.support.stages import make_normalizer


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    phone = Phone(served)
    phone.register()
    return phone


def complaints(served: DoorClient, engine: Engine) -> list[Complaint]:
    """Return the complaints that the normalizer makes of the published messages, in order."""
    stage = make_normalizer(engine, served.parts.sealer, served.parts.tables.services.names)
    reader = served.parts.bus.reader()
    try:
        records = list(reader.read(["raw-mobile"]))
    finally:
        reader.close()
    return [Complaint.model_validate_json(output.value) for output in stage.handle(records)]


def relation_kinds(received_complaints: Sequence[Complaint]) -> list[str]:
    """Return the kind of relation of each complaint."""
    return [complaint.relation.kind for complaint in received_complaints]


def test_additions_belong_to_the_report(served: DoorClient, phone: Phone) -> None:
    """An addition names its report by client id or number. It belongs to the report and has its own number."""
    first = item(1)
    (taken,) = phone.results(first)
    more = [item(2, about=first["client_id"]), item(3, about=taken["tracking"].lower().replace("-", " "))]
    assert statuses(phone.results(*more)) == ["accepted", "accepted"]
    assert statuses(phone.results(item(4, about=more[0]["client_id"]))) == ["accepted"]

    received_complaints = complaints(served, served.parts.engine)
    assert relation_kinds(received_complaints) == ["new", "repeat", "repeat", "repeat"]
    relations = {(complaint.relation.of, complaint.relation.evidence) for complaint in received_complaints[1:]}
    assert relations == {(received_complaints[0].id, ("same-sender", "more-about"))}
    assert len({complaint.tracking for complaint in received_complaints}) == 4


def test_addition_in_the_same_batch(served: DoorClient, phone: Phone) -> None:
    """A report is published before its additions, in any order of the batch."""
    first = item(1)
    assert statuses(phone.results(item(2, about=first["client_id"]), first)) == ["accepted", "accepted"]

    received_complaints = complaints(served, served.parts.engine)
    assert relation_kinds(received_complaints) == ["new", "repeat"]
    assert received_complaints[0].report.text == first["text"]


def test_addition_without_its_report_is_refused(served: DoorClient, phone: Phone) -> None:
    """An addition is refused until its report is here. Otherwise it would be taken for the report."""
    first, more = item(1), item(2)
    more["about"] = first["client_id"]
    assert statuses(phone.results(more)) == ["about_unknown"]
    assert (served.published_count(), phone.state()) == (0, (0, []))

    assert statuses(phone.results(first, more)) == ["accepted", "accepted"]


def test_nobody_adds_to_another_device_s_report(served: DoorClient, phone: Phone) -> None:
    """With another device's number or client id nobody can add to its report, neither by reference nor by thread."""
    first_item = item(1)
    (taken,) = phone.results(first_item)
    other_phone = Phone(served)
    other_phone.register()
    for about in (taken["tracking"], first_item["client_id"]):
        assert statuses(other_phone.results(item(1, about=about))) == ["about_unknown"]

    # The other device's own report under the first device's client id, and an addition to it.
    copied_item = item(1, client_id=first_item["client_id"])
    assert statuses(other_phone.results(copied_item, item(2, about=first_item["client_id"]))) == [
        "accepted",
        "accepted",
    ]
    received_complaints = complaints(served, served.parts.engine)
    own_complaint = next(complaint for complaint in received_complaints if complaint.tracking == taken["tracking"])
    other_complaints = [complaint for complaint in received_complaints if complaint.sender != own_complaint.sender]
    assert relation_kinds([own_complaint, *other_complaints]) == ["new", "new", "repeat"]
    assert other_complaints[1].relation.of == other_complaints[0].id


def test_addition_to_a_report_sent_alone(served: DoorClient, phone: Phone) -> None:
    """A report sent alone with a client id accepts additions. One without a client id cannot be referenced."""
    report_with_client_id = {"device_id": str(phone.device_id), "client_id": str(uuid4()), "text": TEXT}
    report_without_client_id = {"device_id": str(phone.device_id), "text": "Lain."}
    served.post("/mobile/v1/reports", json=report_with_client_id)
    tracking = served.post(
        "/mobile/v1/reports", json=report_without_client_id, headers={"Idempotency-Key": "k"}
    ).json()["tracking"]

    references = (report_with_client_id["client_id"], tracking, "\x00")
    results = phone.results(*(item(number, about=reference) for number, reference in enumerate(references, start=1)))
    assert statuses(results) == ["accepted", "about_unknown", "about_unknown"]
    received_complaints = complaints(served, served.parts.engine)
    assert relation_kinds(received_complaints) == ["new", "new", "repeat"]
    assert received_complaints[2].relation.of == received_complaints[0].id


def test_addition_to_a_repeat(served: DoorClient, phone: Phone) -> None:
    """An addition to a repeat belongs to the complaint that the repeat belongs to."""
    first, second = item(1, text=TEXT), item(2, text=TEXT)
    phone.results(first, second, item(3, about=second["client_id"]))

    received_complaints = complaints(served, served.parts.engine)
    assert relation_kinds(received_complaints) == ["new", "repeat", "repeat"]
    assert {complaint.relation.of for complaint in received_complaints[1:]} == {received_complaints[0].id}


def test_place_and_push_reach_the_complaint(served: DoorClient) -> None:
    """Coordinates and accuracy are in the complaint. The push token is only in the sealed contact."""
    phone = Phone(served)
    phone.register(push_token="push-1")
    phone.results(
        item(1, latitude=-7.5, longitude=110.25, accuracy=12.5), item(2, push_token="push-2"), item(3, accuracy=4)
    )

    drafts = [mobile.read_report(raw.content_type, served.open_body(raw)) for raw in served.raw_messages("mobile")]
    places = [
        (draft.report.place.latitude, draft.report.place.longitude, draft.report.place.accuracy) for draft in drafts
    ]
    assert places == [(-7.5, 110.25, 12.5), (None, None, None), (None, None, None)]
    assert [draft.contact.push for draft in drafts] == ["push-1", "push-2", "push-1"]


def test_envelope_fields_cannot_be_forged(served: DoorClient, phone: Phone) -> None:
    """An app can set no field of the envelope, neither in a report nor by the media type of its body."""
    letter = {"device_id": DEVICE, "thread": str(uuid4()), "submission": item(1)}
    answer = served.post("/mobile/v1/reports", data=json.dumps(letter), headers={"Content-Type": MOBILE_ENVELOPE})
    assert_refused(answer, 415, "not_json")
    assert_refused(served.post("/mobile/v1/reports", json=letter), 400, "invalid_submission")

    assert (
        statuses(phone.results(item(1, thread=str(uuid4())), item(2, device_id=DEVICE))) == ["invalid_submission"] * 2
    )
    assert served.published_count() == 0


_SUBMISSION = st.fixed_dictionaries(
    {"text": st.text(min_size=1, max_size=20), "client_id": st.uuids().map(str)},
    optional={
        "sequence": st.integers(-1, 5),
        "device_id": st.just(DEVICE),
        "latitude": st.floats(),
        "push_token": st.text(max_size=5),
        "attachments": st.just([DEVICE]),
    },
)
_LETTER = st.fixed_dictionaries(
    {"device_id": st.just(DEVICE) | st.none(), "submission": _SUBMISSION | st.none()},
    optional={"thread": st.just(DEVICE) | st.text(max_size=3), "longitude": st.floats()},
)


@given(body=st.binary(max_size=200) | _LETTER.map(lambda letter: json.dumps(letter).encode()))
def test_reading_an_envelope_is_total(body: bytes) -> None:
    """Any bytes give a draft, or one error that names where reading failed."""
    try:
        text = mobile.read_report(MOBILE_ENVELOPE, body).report.text
    except Unreadable as error:
        text = error.field
    assert text

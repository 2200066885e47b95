"""More about my report: it belongs to the report it is about, and to nobody else's; and what else a complaint gets."""

import json
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from messages.shapes import Complaint
from messages.submission import MOBILE_ENVELOPE
from normalize.draft import Unreadable
from normalize.readers import mobile
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.mobile.phones import Phone, item, statuses
from tests.ingest.people import DEVICE, TEXT
from tests.support.stages import make_normalizer


@pytest.fixture
def phone(served: DoorClient) -> Phone:
    """A phone with a token."""
    made = Phone(served)
    made.register()
    return made


def complaints(served: DoorClient, engine: Engine) -> list[Complaint]:
    """What the normalizer makes of what the door published, in order."""
    stage = make_normalizer(engine, served.parts.sealer, served.parts.services.names)
    reader = served.parts.bus.reader()
    try:
        records = list(reader.read(["raw-mobile"]))
    finally:
        reader.close()
    return [Complaint.model_validate_json(output.value) for output in stage.handle(records)]


def test_more_joins_my_report(served: DoorClient, phone: Phone) -> None:
    """What is said later about a report, by its client id or its number, belongs to it and has a number of its own."""
    first = item(1)
    (taken,) = phone.results(first)
    more = [item(2, about=first["client_id"]), item(3, about=taken["tracking"].lower().replace("-", " "))]
    assert statuses(phone.results(*more)) == ["accepted", "accepted"]
    assert statuses(phone.results(item(4, about=more[0]["client_id"]))) == ["accepted"]

    found = complaints(served, served.parts.engine)
    assert [each.relation.kind for each in found] == ["new", "repeat", "repeat", "repeat"]
    assert {each.relation.of for each in found[1:]} == {found[0].id}
    assert {each.relation.evidence for each in found[1:]} == {("same-sender", "more-about")}
    assert len({each.tracking for each in found}) == 4


def test_more_in_the_same_batch(served: DoorClient, phone: Phone) -> None:
    """In whatever order a batch holds them, a report comes before what is said about it."""
    first = item(1)
    assert statuses(phone.results(item(2, about=first["client_id"]), first)) == ["accepted", "accepted"]

    found = complaints(served, served.parts.engine)
    assert [each.relation.kind for each in found] == ["new", "repeat"]
    assert found[0].report.text == first["text"]


def test_more_waits_for_its_report(served: DoorClient, phone: Phone) -> None:
    """What is said about a report that was lost on the way is not taken before it: it would be taken for the report."""
    first, more = item(1), item(2)
    more["about"] = first["client_id"]
    assert statuses(phone.results(more)) == ["about_unknown"]
    assert (served.published(), phone.state()) == (0, (0, []))

    assert statuses(phone.results(first, more)) == ["accepted", "accepted"]


def test_nobody_joins_another_s_report(served: DoorClient, phone: Phone) -> None:
    """Whoever knows another's number or client id can't add to that report: not taken by name, not joined by mark."""
    mine = item(1)
    (taken,) = phone.results(mine)
    other = Phone(served)
    other.register()
    for about in (taken["tracking"], mine["client_id"]):
        assert statuses(other.results(item(1, about=about))) == ["about_unknown"]

    # Their own report under my client id, and more about it.
    theirs = item(1, client_id=mine["client_id"])
    assert statuses(other.results(theirs, item(2, about=mine["client_id"]))) == ["accepted", "accepted"]
    found = complaints(served, served.parts.engine)
    (own,) = (each for each in found if each.tracking == taken["tracking"])
    others = [each for each in found if each.sender != own.sender]
    assert [each.relation.kind for each in (own, *others)] == ["new", "new", "repeat"]
    assert others[1].relation.of == others[0].id


def test_more_about_a_report_sent_alone(served: DoorClient, phone: Phone) -> None:
    """A report from /reports with its client id can be added to; one without has no name to be called by."""
    named = {"device_id": str(phone.device_id), "client_id": str(uuid4()), "text": TEXT}
    nameless = {"device_id": str(phone.device_id), "text": "Lain."}
    served.post("/mobile/v1/reports", json=named)
    tracking = served.post("/mobile/v1/reports", json=nameless, headers={"Idempotency-Key": "k"}).json()["tracking"]

    results = phone.results(item(1, about=named["client_id"]), item(2, about=tracking), item(3, about="\x00"))
    assert statuses(results) == ["accepted", "about_unknown", "about_unknown"]
    found = complaints(served, served.parts.engine)
    assert [each.relation.kind for each in found] == ["new", "new", "repeat"]
    assert found[2].relation.of == found[0].id


def test_more_about_what_repeats(served: DoorClient, phone: Phone) -> None:
    """What is said about a repeat belongs to the complaint that the repeat belongs to."""
    first, second = item(1, text=TEXT), item(2, text=TEXT)
    phone.results(first, second, item(3, about=second["client_id"]))

    found = complaints(served, served.parts.engine)
    assert [each.relation.kind for each in found] == ["new", "repeat", "repeat"]
    assert {each.relation.of for each in found[1:]} == {found[0].id}


def test_place_and_push_reach_the_complaint(served: DoorClient) -> None:
    """Coordinates with their accuracy are in the report; the push token only in the sealed contact."""
    phone = Phone(served)
    phone.register(push_token="push-1")
    phone.results(
        item(1, latitude=-7.5, longitude=110.25, accuracy=12.5), item(2, push_token="push-2"), item(3, accuracy=4)
    )

    drafts = [mobile.read_report(raw.content_type, served.opened(raw)) for raw in served.raw_messages("mobile")]
    places = [
        (draft.report.place.latitude, draft.report.place.longitude, draft.report.place.accuracy) for draft in drafts
    ]
    assert places == [(-7.5, 110.25, 12.5), (None, None, None), (None, None, None)]
    assert [draft.contact.push for draft in drafts] == ["push-1", "push-2", "push-1"]


def test_door_words_can_not_be_forged(served: DoorClient, phone: Phone) -> None:
    """What only the door says can't be said by an app: neither in a report nor by the type it gives its body."""
    letter = {"device_id": DEVICE, "thread": str(uuid4()), "said": item(1)}
    answer = served.post("/mobile/v1/reports", data=json.dumps(letter), headers={"Content-Type": MOBILE_ENVELOPE})
    assert_refused(answer, 400, "invalid_submission")

    assert (
        statuses(phone.results(item(1, thread=str(uuid4())), item(2, device_id=DEVICE))) == ["invalid_submission"] * 2
    )
    assert served.published() == 0


_SAID = st.fixed_dictionaries(
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
    {"device_id": st.just(DEVICE) | st.none(), "said": _SAID | st.none()},
    optional={"thread": st.just(DEVICE) | st.text(max_size=3), "longitude": st.floats()},
)


@given(body=st.binary(max_size=200) | _LETTER.map(lambda letter: json.dumps(letter).encode()))
def test_reading_a_letter_is_total(body: bytes) -> None:
    """Any bytes give a draft, or the one error that says where reading failed."""
    try:
        found = mobile.read_report(MOBILE_ENVELOPE, body).report.text
    except Unreadable as error:
        found = error.field
    assert found

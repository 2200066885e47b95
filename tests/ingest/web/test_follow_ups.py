"""Follow-ups by the sender's own link: from the form of the page, and as JSON."""

from typing import Any
from uuid import UUID

import pytest
import requests

from messages.payloads.follow_up import CONTENT_TYPE, FollowUpSubmission
from messages.sender_link import sender_token
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer, assert_refused
from tests.ingest.web.forms import FORM_ID, attached, fields_on_page, photo

REPORT = UUID("00000000-0000-8000-8000-0000000000c1")
_SENT = 303


def link_token(served: DoorClient) -> str:
    """Return the last part of the own link of the report."""
    return sender_token(REPORT, served.parts.secrets.link_key)


def send(served: DoorClient, act: str, files: Any = None, **fields: str) -> requests.Response:
    """Send the form of the sender's page, as a browser does."""
    data = {"token": link_token(served), "form_id": FORM_ID, "act": act} | fields
    parts = files or [("files", ("", b"", "application/octet-stream"))]
    return served.post("/web/follow-ups", data=data, files=parts)


def published(served: DoorClient) -> list[FollowUpSubmission]:
    """Return the follow-ups on the bus. Each of them has the proof, and the report as its sender."""
    raws = served.raw_messages("web")
    assert {(raw.content_type, raw.verified_by) for raw in raws} <= {(CONTENT_TYPE, "sender-link")}
    assert len({raw.sender for raw in raws}) <= 1
    return [FollowUpSubmission.model_validate_json(served.open_body(raw)) for raw in raws]


def test_each_act_is_published(served: DoorClient) -> None:
    """The browser goes back to the page of the report. The message names the report by its id."""
    acts: dict[str, dict[str, str]] = {
        "adds": {"text": "Di depan\r\nbalai desa."},
        "objects": {"text": "Belum nyala."},
        "confirms": {},
        "rates": {"rating": "4"},
        "withdraws": {"confirm": "ya"},
        "asks-to-be-forgotten": {"confirm": "ya"},
    }
    for act, fields in acts.items():
        answer = send(served, act, **fields)
        assert (answer.status_code, answer.headers["Location"]) == (_SENT, f"/l/{link_token(served)}?terkirim={act}")
    submissions = published(served)
    assert [submission.act for submission in submissions] == list(acts)
    assert {submission.message_id for submission in submissions} == {REPORT}
    assert (submissions[0].text, submissions[3].rating) == ("Di depan\nbalai desa.", 4)


def test_a_form_sent_twice_is_one_message(served: DoorClient) -> None:
    """The button was pressed twice. Other words in the same form are another message."""
    for text in ("Belum nyala.", "Belum nyala.", "Masih gelap."):
        send(served, "objects", text=text)
    assert len({raw.id for raw in served.raw_messages("web")}) == 2


def test_pictures_come_with_it(served: DoorClient) -> None:
    """A picture without words is enough, and its metadata is removed as in the form."""
    assert send(served, "adds", [attached("depan.jpg", photo())]).status_code == _SENT
    (raw,) = served.raw_messages("web")
    assert [attachment.media_type for attachment in raw.attachments] == ["image/jpeg"]


def test_a_faulty_form_keeps_its_words_and_files(served: DoorClient) -> None:
    """The page names the field and says what to do; sent again, it has everything."""
    page = send(served, "rates", [attached("a.jpg", photo())], text="Lumayan.", rating="9")
    assert (page.status_code, 'id="rating-salah"' in page.text) == (400, True)
    assert served.published_count() == 0
    again = fields_on_page(page) | {"rating": "3"}
    assert served.post("/web/follow-ups", data=again).status_code == _SENT
    (raw,) = served.raw_messages("web")
    assert (published(served)[0].text, len(raw.attachments)) == ("Lumayan.", 1)


@pytest.mark.parametrize("act", ["withdraws", "asks-to-be-forgotten"])
def test_what_cannot_be_taken_back_is_asked_first(served: DoorClient, act: str) -> None:
    """The first press shows the question; a press without the tick says what is missing."""
    question = send(served, act, text="Sudah pindah.")
    assert (question.status_code, "confirm-salah" in question.text) == (200, False)
    unticked = served.post("/web/follow-ups", data=fields_on_page(question))
    assert (unticked.status_code, "confirm-salah" in unticked.text) == (400, True)
    assert served.published_count() == 0
    assert served.post("/web/follow-ups", data=fields_on_page(unticked) | {"confirm": "ya"}).status_code == _SENT
    assert published(served)[0].text == "Sudah pindah."


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"act": "adds", "text": " \u200b "}, "text"), ({"act": "rates"}, "rating"), ({"act": "reports"}, "act")],
)
def test_programs_get_the_fields_at_fault(served: DoorClient, fields: dict[str, str], field: str) -> None:
    """JSON is answered with a problem that names the field."""
    answer = served.post("/web/follow-ups", json={"token": link_token(served)} | fields)
    assert set(assert_refused(answer, 400, "invalid_submission")) == {field}


@pytest.mark.parametrize("confirm", [None, False])
def test_no_value_is_an_empty_field(served: DoorClient, confirm: object) -> None:
    """JSON's `null` and `false` confirm nothing, and are no words."""
    follow_up = {"token": link_token(served), "act": "withdraws", "confirm": confirm}
    answer = served.post("/web/follow-ups", json=follow_up)
    assert set(assert_refused(answer, 400, "invalid_submission")) == {"confirm"}
    assert served.post("/web/follow-ups", json=follow_up | {"act": "objects", "text": confirm}).status_code == 202
    assert [submission.text for submission in published(served)] == [""]


def test_programs_get_the_number(served: DoorClient) -> None:
    """A follow-up as JSON is a message with a number and a page of its own."""
    answer = served.post("/web/follow-ups", json={"token": link_token(served), "act": "confirms"})
    assert answer.status_code == 202
    raw = served.raw_messages("web")[0]
    assert answer.json() == {"tracking": raw.tracking, "token": sender_token(raw.id, served.parts.secrets.link_key)}


def test_a_wrong_link_shows_the_words(served: DoorClient) -> None:
    """The link was cut when it was copied. Nothing that was typed is lost."""
    page = send(served, "adds", token=link_token(served)[:-1], text="Di depan balai desa.")
    assert (page.status_code, "Di depan balai desa." in page.text) == (404, True)
    assert served.published_count() == 0


def test_a_form_far_too_large_promises_nothing(served: DoorClient) -> None:
    """A urlencoded form that is too large is not read at all. The page has no form without the link's last part."""
    page = served.post("/web/follow-ups", data={"token": link_token(served), "act": "objects", "text": "a" * 300_000})
    assert (page.status_code, "masih ada" in page.text, "<form" in page.text) == (413, False, False)
    assert "Kembali ke halaman sebelumnya" in page.text
    cut = send(served, "objects", text="a" * 300_000)
    assert (cut.status_code, "masih ada" in cut.text) == (413, False)
    assert fields_on_page(cut)["token"] == link_token(served)


def test_the_bus_is_away(serve: Serve, served: DoorClient) -> None:
    """The page keeps the words, and says that nothing is stored yet."""
    producer = served.parts.bus.producer()
    away = serve(FlakyProducer(producer, away={1}))
    page = send(away, "objects", text="Belum nyala.")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "30")
    assert away.post("/web/follow-ups", data=fields_on_page(page)).status_code == _SENT
    assert [submission.text for submission in published(away)] == ["Belum nyala."]
    producer.close()


def test_many_follow_ups_have_a_limit(serve: Serve) -> None:
    """The rate of follow-ups is apart from that of reports."""
    served = serve(rates={"follow-up": "1/minute"})
    follow_up = {"token": link_token(served), "act": "confirms"}
    sender = {"X-Forwarded-For": "203.0.113.7"}
    answers = [served.post("/web/follow-ups", json=follow_up, headers=sender) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 429]

"""What an SMS says, read alike by the door that answers it and by the normalizer: no keyword loses a report."""

import json
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.sms import is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.tracking import tracking_number
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.readers import sms
from tests.support.records import FORM, JSON

NUMBER = tracking_number(UUID(int=1), b"key")


def read(body: str, **more: str) -> Draft | NotComplaint:
    """Read an SMS that Twilio sent as a form."""
    return sms.read_report(
        FORM, urlencode({"MessageSid": "SM1", "From": "+628000000031", "Body": body, **more}).encode()
    )


def text_of(found: Draft | NotComplaint) -> str:
    """The words of a complaint."""
    assert isinstance(found, Draft)
    return found.report.text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("LAPOR jalan rusak", "jalan rusak"),
        ("lapor: jalan rusak", "jalan rusak"),
        ("Laporan jalan rusak", "Laporan jalan rusak"),
        ("jalan rusak", "jalan rusak"),
        ("LAPOR LAPOR", "LAPOR"),
        ("ok", "ok"),
        ("🚧", "🚧"),
        ("112", "112"),
        ("status jalan rusak 15 km", "status jalan rusak 15 km"),
        ("ꦭꦩ꧀ꦥꦸ", "ꦭꦩ꧀ꦥꦸ"),
        ("a" * 20_000, "a" * 10_000),
    ],
)
def test_words_are_a_report(body: str, text: str) -> None:
    """Whatever has something to see in it is a complaint, however short."""
    assert text_of(read(body)) == text


@pytest.mark.parametrize(
    ("body", "more", "reason"),
    [
        ("", {}, "empty"),
        ("LAPOR", {}, "empty"),
        ("\u200b", {}, "empty"),
        (f"STATUS {NUMBER}", {}, "status-request"),
        (f"cek {NUMBER[:-1]}?", {}, "status-request"),
        ("STATUS", {}, "status-request"),
        ("STOP", {"OptOutType": "STOP"}, "opt-out"),
        ("BERHENTI", {"OptOutType": "STOP"}, "opt-out"),
        ("", {"OptOutType": "START"}, "opt-out"),
        ("Unsubscribe", {}, "opt-out"),
    ],
)
def test_what_is_no_complaint_says_why(body: str, more: dict[str, str], reason: str) -> None:
    """Nothing said, a question about a number, a word to the operator."""
    assert read(body, **more) == NotComplaint(reason)  # type: ignore[arg-type]  # the table's texts are the literal's


@pytest.mark.parametrize("body", ["stop pungli", "help jalan kami putus total", "BANTUAN untuk korban banjir"])
def test_more_than_a_word_is_a_report(body: str) -> None:
    """Twilio takes the first word for its own; the rest is a citizen's."""
    assert text_of(read(body, **({} if body.startswith("stop") else {"OptOutType": "HELP"}))) == body


def test_a_picture_is_never_empty() -> None:
    """With a picture, nothing said and a word to the operator are reports too, and two such are told apart."""
    one, two = (read("", NumMedia="1", MessageSid=sid) for sid in ("MM1", "MM2"))
    assert text_of(one) != text_of(two)
    assert text_of(read("stop", NumMedia="1")) == "stop"
    assert text_of(read(f"STATUS {NUMBER}", NumMedia="1"))


def test_json_is_read_as_a_form_is() -> None:
    """The same fields, the same draft; half characters become whole ones."""
    fields = {"MessageSid": "SM1", "From": "+628000000031", "Body": "jalan rusak"}
    assert sms.read_report(JSON, json.dumps(fields).encode()) == read("jalan rusak")
    halved = '{"From": "+628000000031", "Body": "jalan \\ud83d rusak"}'
    assert text_of(sms.read_report(JSON, halved.encode())).startswith("jalan")
    text_of(sms.read_report(JSON, halved.encode())).encode()


@pytest.mark.parametrize(
    ("content_type", "body", "field"),
    [
        (JSON, b"[]", "body"),
        (JSON, b"{", "body"),
        (JSON, b"{}", "From"),
        (FORM, b"\xff", "encoding"),
        (FORM, b"", "From"),
    ],
)
def test_what_can_not_be_read_is_named(content_type: str, body: bytes, field: str) -> None:
    """Where reading failed, and not what stood there."""
    with pytest.raises(Unreadable) as caught:
        sms.read_report(content_type, body)
    assert caught.value.field == field


@given(st.text(max_size=60))
def test_door_and_reader_agree(body: str) -> None:
    """The door says "nothing said" exactly where the normalizer makes no complaint of it."""
    told = parse_sms(body).kind == "nothing"
    made = sms.read_report(JSON, json.dumps({"From": "+628000000031", "Body": body}).encode())
    assert told == (made == NotComplaint("empty"))


@given(st.dictionaries(st.sampled_from(["NumMedia", "MediaUrl0", "MediaUrl1", "OptOutType"]), st.text(max_size=9)))
def test_any_fields_are_read(fields: dict[str, str]) -> None:
    """What Twilio may send in them never trips the reading."""
    count, urls = read_picture_urls(fields)
    assert count >= len(urls)
    assert is_opt_out_keyword(fields, "jalan rusak di desa kami") is False


def test_the_first_of_two_fields_counts() -> None:
    """As everywhere in the webhook."""
    assert twilio_fields(FORM, b"Body=satu&Body=dua") == {"Body": "satu"}

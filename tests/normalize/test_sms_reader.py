"""The SMS reader: door and normalizer read an SMS in the same way, and no keyword loses a report."""

import json
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.payloads.sms import is_opt_out_keyword, parse_sms, read_picture_urls, twilio_fields
from messages.tracking import tracking_number
from normalize.draft import Draft, NotComplaint, Unreadable
from normalize.readers import sms
from tests.support.records import FORM, JSON

NUMBER = tracking_number(UUID(int=1), b"key")


def read_form(body: str, **more: str) -> Draft | NotComplaint:
    """Read an SMS that Twilio sent as a form."""
    return sms.read_report(
        FORM, urlencode({"MessageSid": "SM1", "From": "+628000000031", "Body": body, **more}).encode()
    )


def text_of(draft: Draft | NotComplaint) -> str:
    """Return the text of a draft."""
    assert isinstance(draft, Draft)
    return draft.report.text


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
def test_any_visible_text_is_a_report(body: str, text: str) -> None:
    """A text with any visible character is a complaint, however short it is."""
    assert text_of(read_form(body)) == text


@pytest.mark.parametrize(
    ("body", "more", "reason"),
    [
        ("", {}, "empty"),
        ("LAPOR", {}, "empty"),
        ("\u200b", {}, "empty"),
        (f"STATUS {NUMBER}", {}, "status-request"),
        (f"cek {NUMBER[:-1]}?", {}, "status-request"),
        ("STATUS", {}, "status-request"),
        (f"STATUS laporan {NUMBER} gimana pak?", {}, "status-request"),
        (f"gimana laporan saya {NUMBER.replace('-', '')}", {}, "status-request"),
        (NUMBER.lower(), {}, "status-request"),
        (f"laporan nomor {NUMBER}", {}, "status-request"),
        (f"selamat pagi pak, sudah sampai mana laporan saya {NUMBER} ya", {}, "status-request"),
        (f"{NUMBER} sudah?", {}, "status-request"),
        ("BANTUAN", {}, "help-request"),
        ("cara lapor?", {}, "help-request"),
        ("daftar", {}, "help-request"),
        ("STOP", {}, "opt-out"),
        ("berhenti.", {}, "opt-out"),
        ("STOP", {"OptOutType": "STOP"}, "opt-out"),
        ("BERHENTI", {"OptOutType": "STOP"}, "opt-out"),
        ("", {"OptOutType": "START"}, "opt-out"),
        ("Unsubscribe", {}, "opt-out"),
    ],
)
def test_no_complaint_has_a_reason(body: str, more: dict[str, str], reason: str) -> None:
    """An empty text, a question about a number and an opt-out keyword are no complaints."""
    assert read_form(body, **more) == NotComplaint(reason)  # type: ignore[arg-type]  # the table's texts are the literal's


@pytest.mark.parametrize(
    "text",
    [
        f"laporan {NUMBER} tiangnya hampir roboh",
        f"BELUM {NUMBER} airnya tetap naik",
        f"SUDAH {NUMBER}",
        f"terima kasih {NUMBER}",
        f"ya {NUMBER}",
        "kapan jadi ktp saya",
        "daftar antrean tidak jalan",
        "info jalan macet di simpang",
    ],
)
def test_a_question_with_a_complaint_is_a_report(text: str) -> None:
    """Beside the number, one word that is no question makes the text a report with all its words."""
    assert text_of(read_form(text)) == text


@pytest.mark.parametrize(
    ("body", "text", "flags"),
    [
        ("LAPOR ANONIM kades memotong dana", "kades memotong dana", (True, False)),
        ("RAHASIA guru meminta uang", "guru meminta uang", (False, True)),
        ("Anonim rahasia: pungli di kantor", "pungli di kantor", (True, True)),
        ("ANONIM LAPOR pungli di kantor", "pungli di kantor", (True, False)),
        ("rahasia pasien dibocorkan", "rahasia pasien dibocorkan", (False, True)),
        ("LAPOR rahasia dan anonim kades", "kades", (True, True)),
        ("nama saya rahasia", "nama saya rahasia", (False, False)),
    ],
)
def test_keywords_set_the_flags(body: str, text: str, flags: tuple[bool, bool]) -> None:
    """They stand at the beginning. What may be the first word of a sentence stays in the text."""
    draft = read_form(body)
    assert isinstance(draft, Draft)
    report = draft.report
    assert (report.text, (report.anonim, report.rahasia)) == (text, flags)


@pytest.mark.parametrize("body", ["stop pungli", "help jalan kami putus total", "BANTUAN untuk korban banjir"])
def test_a_keyword_with_a_text_is_a_report(body: str) -> None:
    """A text that begins with a keyword of Twilio is a report with all its words."""
    assert text_of(read_form(body, **({} if body.startswith("stop") else {"OptOutType": "HELP"}))) == body


def test_an_sms_with_a_picture_is_a_report() -> None:
    """With a picture, an empty text and a keyword are reports too. The placeholder has nothing of Twilio's id."""
    assert text_of(read_form("", NumMedia="1", MessageSid="MM1")) == "Foto tanpa keterangan"
    assert text_of(read_form("stop", NumMedia="1")) == "stop"
    assert text_of(read_form(f"STATUS {NUMBER}", NumMedia="1"))


def test_json_and_form_give_the_same_draft() -> None:
    """The same fields give the same draft; a half character is replaced."""
    fields = {"MessageSid": "SM1", "From": "+628000000031", "Body": "jalan rusak"}
    assert sms.read_report(JSON, json.dumps(fields).encode()) == read_form("jalan rusak")
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
def test_the_faulty_field_is_named(content_type: str, body: bytes, field: str) -> None:
    """The error names the faulty field, but not its value."""
    with pytest.raises(Unreadable) as caught:
        sms.read_report(content_type, body)
    assert caught.value.field == field


@given(st.text(max_size=60))
def test_door_and_reader_agree(body: str) -> None:
    """The door reads an SMS as empty if and only if the normalizer makes no complaint of it."""
    is_empty_for_door = parse_sms(body).kind == "nothing"
    draft = sms.read_report(JSON, json.dumps({"From": "+628000000031", "Body": body}).encode())
    assert is_empty_for_door == (draft == NotComplaint("empty"))


@given(st.dictionaries(st.sampled_from(["NumMedia", "MediaUrl0", "MediaUrl1", "OptOutType"]), st.text(max_size=9)))
def test_any_fields_are_read(fields: dict[str, str]) -> None:
    """Any values of Twilio's fields are read without an error."""
    count, urls = read_picture_urls(fields)
    assert count >= len(urls)
    assert is_opt_out_keyword(fields, "jalan rusak di desa kami") is False


def test_the_first_of_two_fields_counts() -> None:
    """Of two fields with one name the first counts, as everywhere in the webhook."""
    assert twilio_fields(FORM, b"Body=satu&Body=dua") == {"Body": "satu"}

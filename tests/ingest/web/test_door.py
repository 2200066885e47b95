"""The web door: the form for people, the JSON report for programs, and the receipt."""

import json
import re
from urllib.parse import parse_qsl, urlencode
from uuid import UUID, uuid4

import pytest
import requests

from messages.tracking import tracking_number
from tests.ingest.door_client import DoorClient, assert_refused
from tests.ingest.people import EMAIL, NAME, PHONE, TEXT, Fields, report
from tests.ingest.web.forms import FORM_ID, fields, send_form, token

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def send_json(served: DoorClient, fields: Fields, key: str = "", address: str = "") -> requests.Response:
    """Send a JSON report, from an address behind the proxy if one is given."""
    headers = {"Idempotency-Key": key, "X-Forwarded-For": address}
    return served.post("/web/reports", json=fields, headers={name: value for name, value in headers.items() if value})


def send_text(served: DoorClient, body: str) -> requests.Response:
    """Send a JSON report with a body that no encoder would produce."""
    return served.post("/web/reports", data=body.encode(), headers={"Content-Type": "application/json"})


def test_form_becomes_one_record(served: DoorClient) -> None:
    """A form is answered with its receipt. It is one record, and its body contains only the citizen's fields."""
    answer = send_form(served)

    (raw,) = served.raw_messages("web")
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, f"/web/receipts/{raw.tracking}")
    assert dict(parse_qsl(served.open_body(raw).decode())) == report(form_id=FORM_ID)
    assert (raw.content_type, raw.attachments) == (_FORM["Content-Type"], ())
    assert served.published_count() == 1


def test_both_encodings_are_one_form(served: DoorClient) -> None:
    """A urlencoded form is the same record with the same number as a multipart form."""
    urlencoded = served.post("/web/reports", data=fields(served))

    assert urlencoded.headers["Location"] == send_form(served).headers["Location"]


def test_receipt_shows_the_number(served: DoorClient) -> None:
    """The receipt shows the number, and a link to its status."""
    receipt = served.get(send_form(served).headers["Location"])

    (raw,) = served.raw_messages("web")
    assert receipt.status_code == 200
    assert f">{raw.tracking}</p>" in receipt.text
    assert f'href="/status/{raw.tracking}"' in receipt.text


def test_identity_is_sealed(served: DoorClient) -> None:
    """Name, phone number, address and text are not readable in the record."""
    send_form(served)

    (raw,) = served.raw_messages("web")
    clear = raw.model_dump_json()
    assert [private for private in (NAME, PHONE, EMAIL, TEXT, "Sekar") if private in clear] == []


def test_a_typed_contact_is_no_proven_sender(served: DoorClient) -> None:
    """A typed number is not taken for its owner: no two web reports share a sender."""
    for phone in (PHONE, PHONE, "-", "-"):
        send_json(served, report(phone=phone))

    assert len({raw.sender for raw in served.raw_messages("web")}) == 4


@pytest.mark.parametrize("bare", [{"text": "Lampu mati."}, {"text": "Lampu mati.", "form_id": ""}])
def test_equal_forms_without_an_id_are_two(served: DoorClient, bare: dict[str, str]) -> None:
    """Two people may write the same text. Each gets a form with an id, to send with a second press."""
    pages = [served.post("/web/reports", data=bare).text for _ in range(2)]

    ids = {re.findall(r'name="form_id" value="([0-9a-f-]{36})"', page)[0] for page in pages}
    assert len(ids) == 2
    assert served.published_count() == 0


def test_codes_are_optional_and_the_narrowest_is_enough(served: DoorClient) -> None:
    """A JSON report names a region in words, or by the code of any level."""
    for region_fields in ({"region": "Semarang"}, {"province": "33"}, {"district": "33.74.01"}, {"city": "33.74"}):
        assert (
            send_json(served, {"text": "Lampu mati.", "incident_time": "semalam", **region_fields}).status_code == 202
        )


@pytest.mark.parametrize("text", ["\0", " \u200b\u2060\t", "\u202e"])
def test_an_invisible_text_is_refused(served: DoorClient, text: str) -> None:
    """A text without visible characters is empty: the form comes back, and the JSON answer names the field."""
    assert send_form(served, text=text).status_code == 400
    assert send_json(served, report(text=text)).json()["errors"][0]["field"] == "text"
    assert served.published_count() == 0


def test_double_click_is_one_message(served: DoorClient) -> None:
    """The same form sent twice leads to the same receipt, and both records have one id."""
    receipts = {send_form(served).headers["Location"] for _ in range(2)}

    assert len(receipts) == 1
    assert len({raw.id for raw in served.raw_messages("web")}) == 1


def test_changed_form_is_another_message(served: DoorClient) -> None:
    """A form sent again with another text is another report, so a correction is never lost."""
    receipts = {send_form(served, text=text).headers["Location"] for text in ("Lampu mati.", "Jalan rusak.")}

    assert len(receipts) == 2
    assert len({raw.id for raw in served.raw_messages("web")}) == 2


def test_json_report(served: DoorClient) -> None:
    """A JSON report is answered with the number and the public address of its status."""
    answer = send_json(served, report(latitude=-6.99, longitude=110.42, anonim=True))

    (raw,) = served.raw_messages("web")
    assert answer.status_code == 202
    status_url, link = f"{served.address}/status/{raw.tracking}", served.parts.keys.link_of(raw.id)
    assert answer.json() == {"tracking": raw.tracking, "status_url": status_url, "link": link}
    assert (raw.content_type, raw.verified_by) == ("application/json", "none")


def test_media_types_are_read_without_case(served: DoorClient) -> None:
    """`Application/JSON` is JSON, and the record has the media type in lower case."""
    headers = {"Content-Type": "Application/JSON; Charset=UTF-8"}

    assert served.post("/web/reports", data=json.dumps(report()).encode(), headers=headers).status_code == 202
    assert [raw.content_type for raw in served.raw_messages("web")] == ["application/json"]


def test_json_reports_without_a_key_are_separate(served: DoorClient) -> None:
    """Two JSON reports without a key are two messages."""
    numbers = {send_json(served, report()).json()["tracking"] for _ in range(2)}

    assert len(numbers) == 2


def test_key_makes_json_repeatable(served: DoorClient) -> None:
    """The same key with the same payload is the same number and the same message."""
    key = str(uuid4())

    numbers = {send_json(served, report(), key).json()["tracking"] for _ in range(2)}

    assert len(numbers) == 1
    assert len({raw.id for raw in served.raw_messages("web")}) == 1


def test_taken_keys_block_nobody(served: DoorClient) -> None:
    """A client that takes keys that programs choose blocks no report of another client, not even behind its address."""
    for number in range(5):
        assert send_json(served, report(text="Kunci ini milik saya."), str(number), "203.0.113.7").status_code == 202
    for address in ("198.51.100.9", "203.0.113.7"):
        answers = [send_json(served, report(text=f"Lampu padam, {address}."), str(n), address) for n in range(5)]
        assert [answer.status_code for answer in answers] == [202] * 5
    assert len({raw.id for raw in served.raw_messages("web")}) == 15


@pytest.mark.parametrize(
    ("first_address", "second_address", "number_count"),
    [
        ("203.0.113.7", "203.0.113.7", 1),
        ("203.0.113.7", "::ffff:203.0.113.7", 1),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", 1),
        ("203.0.113.7", "198.51.100.9", 2),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", 2),
        ("64:ff9b::203.0.113.7", "64:ff9b::198.51.100.9", 2),
    ],
)
def test_a_key_and_a_text_reveal_no_number_to_another_client(
    served: DoorClient, first_address: str, second_address: str, number_count: int
) -> None:
    """Only a repetition from the same network gets the number of the first attempt."""
    addresses = (first_address, second_address)
    numbers = {send_json(served, report(), "1", address).json()["tracking"] for address in addresses}
    assert len(numbers) == number_count


FAULTS: list[tuple[Fields, str, str]] = [
    ({}, "text", "diisi"),
    (report(text="  "), "text", "diisi"),
    (report(text="a" * 10_001), "text", "10000"),
    (report(txet="salah ketik"), "txet", "tidak dikenal"),
    (report(kind="keluhan"), "kind", "pengaduan"),
    (report(latitude=123), "latitude", "90"),
    (report(latitude="utara"), "latitude", "angka"),
    (report(anonim="barangkali"), "anonim", "true"),
    (report(incident_time="k" * 101), "incident_time", "100"),
    (report(region="", city="33.99"), "city", "tidak dikenal"),
    (report(region="", city="33"), "city", "tidak dikenal"),
    (report(region="", province="32", city="33.74"), "city", "di dalam"),
    (report(region="", city="33.74", district="33.73.01"), "district", "di dalam"),
    (report(city="33.74"), "region", "jangan keduanya"),
]


def test_each_invalid_field_is_named(served: DoorClient) -> None:
    """An invalid JSON report is refused with a problem that names the field, and nothing is published."""
    for typed, field, message in FAULTS:
        assert message in assert_refused(send_json(served, typed), 400, "invalid_submission")[field]
    assert served.published_count() == 0


def test_broken_json_is_refused(served: DoorClient) -> None:
    """A body that is not a JSON object is refused, naming the body or the field, and nothing is published."""
    bodies = ["", "{", '{"text": ', "[]", '"teks"', "null", "[" * 5_000, '{"text": "\\ud800"}', '{"text": "\\u00']

    faults = [assert_refused(send_text(served, body), 400, "invalid_submission") for body in bodies]

    assert [[*fault] for fault in faults] == [["body"]] * len(bodies)
    assert served.published_count() == 0


def test_form_with_an_error_keeps_all_values(served: DoorClient) -> None:
    """The form comes back with all typed values, and with the error at its field."""
    page = send_form(served, email="e" * 201)

    assert (page.status_code, page.headers["Content-Type"]) == (400, "text/html; charset=utf-8")
    assert TEXT in page.text
    assert f'value="{NAME}"' in page.text
    assert f'name="form_id" value="{FORM_ID}"' in page.text
    field = re.search(r'<div class="field bad">.*?</div>', page.text, re.DOTALL)
    assert field
    assert 'id="email"' in field[0]
    assert "paling banyak 200 karakter" in field[0]
    assert served.published_count() == 0


def test_unknown_field_is_named(served: DoorClient) -> None:
    """The page names an unknown field, although it has no place for it."""
    assert "<li>txet: " in send_form(served, txet="salah ketik").text


def test_typed_markup_is_escaped(served: DoorClient) -> None:
    """Markup in any value or field name comes back as text."""
    script = "<script>alert(1)</script>"
    typed = {"title": script * 20, "address": f'"{script}', "agency": f"'{script}", "text": f"</textarea>{script}"}

    page = served.post("/web/reports", data=typed | {script: "1", "form_id": script, "province": script})

    assert page.status_code == 400
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


STRANGE = (
    "🚧👩🏽‍🦽 jalan rusak",
    "\u202eطريق مقطوع\u202c",
    "lampu\0mati",
    "j" + "\u0301\u0323" * 400,
    "\ufffe\uffff\U0010ffff",
    "satu\u2028dua\u2029tiga\x85\x1c",
    "ꦭꦩ꧀ꦥꦸ",
)


def test_any_unicode_text_is_accepted(served: DoorClient) -> None:
    """Any Unicode text is accepted as form and as JSON, without any loss."""
    for text in STRANGE:
        assert send_form(served, text=text).status_code == 303
        assert send_json(served, report(text=text)).status_code == 202

    forms = {urlencode(report(form_id=FORM_ID, text=text)).encode() for text in STRANGE}
    twins = {json.dumps(report(text=text)).encode() for text in STRANGE}
    assert {served.open_body(raw) for raw in served.raw_messages("web")} == forms | twins


def test_longest_text_is_accepted(served: DoorClient) -> None:
    """10,000 characters of four bytes fit the door's limit and a record of the bus, as form and as JSON."""
    text = "🚧" * 10_000

    assert send_form(served, text=text).status_code == 303
    assert send_json(served, report(text=text)).status_code == 202
    assert served.published_count() == 2


def test_invalid_utf8_is_accepted(served: DoorClient) -> None:
    """Bytes that are not UTF-8 are stored unchanged as a report. The reader replaces what it cannot decode."""
    form_fields = f"&form_id={FORM_ID}&token={token(served)}".encode()
    bodies = [b"text=%ED%A0%80", b"text=\xff\xfe", b"text=%", b"text=a&text=b", b"text=a%00"]

    answers = {body: served.post("/web/reports", data=body + form_fields, headers=_FORM).status_code for body in bodies}

    assert answers == dict.fromkeys(bodies, 303)
    text_fields = [
        encoded_field
        for raw in served.raw_messages("web")
        for encoded_field in served.open_body(raw).split(b"&")
        if b"text=" in encoded_field
    ]
    assert sorted(text_fields) == sorted(
        [b"text=%ED%A0%80", b"text=%FF%FE", b"text=%25", b"text=a", b"text=b", b"text=a%00"]
    )


def test_body_without_a_report_shows_the_form(served: DoorClient) -> None:
    """A body without a report shows the form again, and nothing is published."""
    bodies = [b"", b"&&&", b"=", b"\0\xff", b"a=%FF", b"--x\r\nContent-Disposition: form-data"]

    answers = {body: served.post("/web/reports", data=body, headers=_FORM).status_code for body in bodies}

    assert answers == dict.fromkeys(bodies, 400)
    assert served.published_count() == 0


def test_invalid_key_is_refused(served: DoorClient) -> None:
    """An invalid key is refused, naming the header."""
    for key in ("", '""', "a" * 256, "\x85", "kunci\tdua"):
        answer = served.post("/web/reports", json=report(), headers={"Idempotency-Key": key.encode("latin-1")})
        assert "Idempotency-Key" in assert_refused(answer, 400, "invalid_idempotency_key")
    assert served.published_count() == 0


def test_receipt_of_a_wrong_number(served: DoorClient) -> None:
    """A number with a typing error is 404."""
    for number in ("0000-0000-0000", "ABC", "%01", "🚧", "1" * 3_000):
        assert_refused(served.get(f"/web/receipts/{number}"), 404, "no_such_number")


def test_receipt_accepts_spelling_variants(served: DoorClient) -> None:
    """A number in small letters and without dashes is the same number."""
    number, query = send_form(served).headers["Location"].removeprefix("/web/receipts/").split("?")

    receipt = served.get(f"/web/receipts/{number.replace('-', '').lower()}?{query}")
    assert "Laporan Anda sudah kami terima" in receipt.text
    assert (number in receipt.text, receipt.headers["Cache-Control"]) == (True, "no-store")


def test_a_receipt_confirms_only_reports_that_we_accepted(served: DoorClient) -> None:
    """A number that looks like ours, with no signature or that of another number, leads to its status: unknown."""
    signature = send_form(served).headers["Location"].partition("?")[2]
    # A number of another service: its check symbol is correct.
    invented = tracking_number(UUID(int=1708), b"another key")

    for query in ("", "bukti=", f"bukti={'0' * 32}", "bukti=ü", signature):
        answer = served.get(f"/web/receipts/{invented}?{query}")
        assert [step.headers["Location"] for step in answer.history] == [f"/status/{invented}"]
        assert (answer.status_code, "sudah kami terima" in answer.text) == (404, False)


def test_empty_form(served: DoorClient) -> None:
    """The first page is the form with the list of provinces. Each form has its own id."""
    form_ids = [re.findall(r'name="form_id" value="([0-9a-f-]{36})"', served.get("/lapor").text) for _ in range(2)]

    assert '<option value="33">Jawa Tengah</option>' in served.get("/lapor").text
    assert [len(ids) for ids in form_ids] == [1, 1]
    assert form_ids[0] != form_ids[1]
    assert served.get("/lapor").headers["Cache-Control"] == "private, no-cache"


def test_filled_form_is_not_cached(served: DoorClient) -> None:
    """A page with typed values must not stay on a shared computer."""
    page = served.post("/web/reports", data={"text": TEXT})

    assert (TEXT in page.text, page.headers["Cache-Control"]) == (True, "no-store")

"""Reports that officers enter at a counter: from the form to the answer on the sender's own page."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests
from sqlmodel import col, select

from accounts.permissions import Role
from app.assembly.doors.contact import contact_store
from app.operations.audit.listing import AuditFilter, AuditListing
from bus.errors import Retry
from cases.facts.tables import ComplaintFact
from config.database import read_transaction
from ingest.counter.stamps import RECEIPT_AGE
from messages.sender_link import sender_token
from tests.end_to_end.counter_service import COUNTER, CounterService, hidden_fields, link_on, number_on, running_counter
from tests.ingest.files.test_attachments import picture
from tests.support.log_capture import captured_log
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio

PLN, SEMARANG = "bumn-pln", "kota-3374"
TEXT = "PLN, listrik padam sejak kemarin di Jalan Merapi Kota Semarang"
SECOND_MATTER = "Jalan di depan rumah juga berlubang."
NAME, PHONE, EMAIL = "Kartika Ayuningtyas", "+6281100008801", "kartika.ayu@contoh.id"


@pytest.fixture
def counter(tmp_path: Path, database_settings: Mapping[str, str], templates: Path) -> Iterator[CounterService]:
    """A service whose desk has a counter."""
    values = {"home": str(tmp_path), "secret_key": "counter " * 5, **database_settings}
    with running_counter(values, templates) as service:
        yield service


@pytest.fixture(params=["local", pytest.param("kafka", marks=[pytest.mark.faults, pytest.mark.expensive])])
def counter_on_each_bus(
    request: pytest.FixtureRequest, tmp_path: Path, database_settings: Mapping[str, str], templates: Path
) -> Iterator[CounterService]:
    """The same service on each bus. Nobody moves the clock of a broker."""
    values = {"home": str(tmp_path), "secret_key": "counter " * 5, "bus": request.param, **database_settings}
    if request.param == "kafka":
        values["kafka_bootstrap"] = request.getfixturevalue("own_node").bootstrap
    with running_counter(values, templates) as service:
        yield service


def read_json(counter: CounterService, path: str) -> dict[str, Any]:
    """Return what anybody gets at an address of the doors."""
    response = requests.get(counter.address + path, headers={"Accept": "application/json"}, timeout=30)
    response.raise_for_status()
    shown: dict[str, Any] = response.json()
    return shown


def raw_numbers(counter: CounterService) -> list[str]:
    """Return the tracking numbers of all messages on the topic of the channel."""
    return [raw.tracking for raw in counter.stages.raw_messages("counter")]


def complaints_of(counter: CounterService) -> list[UUID]:
    """Return the ids of all complaints."""
    with read_transaction(counter.stages.parts.engine) as connection:
        return list(connection.execute(select(col(ComplaintFact.id))).scalars())


def test_from_the_counter_to_the_own_page(counter_on_each_bus: CounterService) -> None:
    """The router sends the report to its agency, which reads how it came and has the scan.

    The sender reads the answer by the link on the receipt. The audit accounts for the report.
    """
    counter = counter_on_each_bus
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    with captured_log() as log:
        form = {**officer.new_form(), "text": TEXT, "counter_way": "letter", "name": NAME, "phone": PHONE}
        answer = officer.client.post(COUNTER, form, files={"files": ("surat.png", picture("PNG"), "image/png")})
        receipt = officer.receipt_of(answer)
        soon = requests.get(counter.address + link_on(receipt), allow_redirects=False, timeout=30)
        counter.stages.run()
    number, link = number_on(receipt), link_on(receipt)
    assert soon.headers["Location"] == f"/status/{number}"
    raw = counter.stages.raw_message_with("counter", number)
    assert (raw.channel, raw.verified_by) == ("counter", "none")
    assert counter.stages.holder_of(number) == PLN
    # What is typed from the paper leads to the link that the picture has.
    typed = requests.get(counter.address + link.lower(), allow_redirects=False, timeout=30)
    assert typed.headers["Location"].rpartition("/")[2] == sender_token(raw.id, counter.stages.parts.secrets.link_key)
    holder = counter.sign_in(Role.OFFICER, PLN)
    page = holder.client.get(f"/desk/laporan/{number}").text
    assert "Loket (surat)" in page
    assert f"/desk/laporan/{number}/berkas/{raw.attachments[0].id}" in page
    counter.stages.answer(number, "responded", "Petugas memperbaiki gardu hari ini.")
    own = read_json(counter, link)
    assert (own["tracking"], own["answer"]) == (number, "Petugas memperbaiki gardu hari ini.")
    # The officer of another institution has no right to it.
    assert officer.client.get(f"/desk/laporan/{number}").status_code == HTTPStatus.NOT_FOUND
    # The record has who entered it and how it came, and no word of the citizen. Nor has any log.
    (act,) = [row.act for row in AuditListing(counter.stages.parts.engine).newest(AuditFilter("", "counter"), 10)]
    assert (act.subject, act.why) == (str(raw.id), "letter")
    assert str(officer.account_id) in act.actor
    secrets = (NAME, PHONE, PHONE[3:], "Merapi", link.rpartition("/")[2])
    assert log.logged_words(secrets) == []
    audit = counter.stages.parts.audit(full=True)
    assert audit.clean, audit.as_json()
    assert (audit.accepted, audit.complaints) == (1, 1)
    assert not [word for word in secrets if word in f"{act} {answer.headers}"]


def test_a_report_is_divided_on_each_bus(counter_on_each_bus: CounterService) -> None:
    """The part goes to its own agency, and the audit accounts for report and part."""
    counter = counter_on_each_bus
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    receipt = officer.receipt_of(officer.enter(text=f"{TEXT}. {SECOND_MATTER}"))
    counter.stages.run()
    number, holder = number_on(receipt), counter.sign_in(Role.OFFICER, PLN)
    assert counter.stages.holder_of(number) == PLN
    fields = {"isi": SECOND_MATTER, "tujuan": SEMARANG}
    assert holder.client.post(f"/desk/laporan/{number}/bagi", fields).status_code == HTTPStatus.SEE_OTHER
    counter.stages.run()
    assert (counter.stages.holder_of(number), counter.stages.holder_of(f"{number}-2")) == (PLN, SEMARANG)
    part = officer.client.get(f"/desk/laporan/{number}-2").text
    assert (SECOND_MATTER in part, TEXT in part) == (True, False)
    counter.stages.answer(f"{number}-2", "closed", "Sudah diaspal.")
    shown = read_json(counter, link_on(receipt))
    assert [(item["tracking"], item["state"]) for item in shown["parts"]] == [(f"{number}-2", "selesai")]
    assert shown["state"] == "diteruskan"
    audit = counter.stages.parts.audit(full=True)
    assert audit.clean, audit.as_json()
    assert (audit.accepted, audit.complaints, audit.parts) == (1, 1, 1)


def test_a_code_proves_the_number_of_a_citizen(
    tmp_path: Path, database_settings: Mapping[str, str], templates: Path
) -> None:
    """The citizen reads the code to the officer, and gets the news by SMS; a wrong code proves nothing."""
    with serving(LoopbackTwilio()) as twilio:
        provider = {"twilio_account_sid": ACCOUNT, "twilio_auth_tokens": [TOKEN], "twilio_base_url": twilio.url}
        values = {"home": str(tmp_path), "secret_key": "counter " * 5, **database_settings, **provider}
        with running_counter({**values, "twilio_from": "+628000001708"}, templates) as counter:
            officer = counter.sign_in(Role.OFFICER, SEMARANG)
            address = officer.enter(text=TEXT, phone=PHONE).headers["Location"]
            receipt = officer.client.get(address).text
            number = number_on(receipt)
            assert ("Kirim kode lewat SMS" in receipt, PHONE in receipt, twilio.sends) == (True, False, [])
            asked = officer.client.post(address, {"langkah": "kirim"}).text
            assert 'name="kode"' in asked
            (sms,) = twilio.sends
            code = sms["Body"].partition(": ")[2][:6]
            assert (sms["To"], number_on(asked)) == (PHONE, number)
            soon = officer.client.post(address, {"langkah": "kirim"})
            assert (soon.status_code, bool(soon.headers["Retry-After"])) == (HTTPStatus.TOO_MANY_REQUESTS, True)
            wrong = officer.client.post(address, {"langkah": "periksa", "kode": f"{(int(code) + 1) % 1_000_000:06}"})
            assert (wrong.status_code, "Kode ini tidak benar" in wrong.text) == (HTTPStatus.BAD_REQUEST, True)
            store = contact_store(counter.stages.parts.doors)
            assert store.proven_ways(number) == frozenset()
            another = counter.sign_in(Role.OFFICER, SEMARANG)
            assert another.client.post(address, {"kode": code}).status_code == HTTPStatus.NOT_FOUND
            for _ in range(2):
                right = officer.client.post(address, {"langkah": "periksa", "kode": code})
                assert (right.status_code, right.headers["Location"]) == (HTTPStatus.SEE_OTHER, address)
            assert store.proven_ways(number) == {"sms"}
            assert "sudah terbukti" in officer.client.get(address).text
            for _ in range(2):
                counter.stages.clock.wait((RECEIPT_AGE + timedelta(minutes=1)).total_seconds() / 120)
                officer.client.get(address)
            assert officer.client.post(address, {"langkah": "kirim"}).status_code == HTTPStatus.NOT_FOUND


def test_without_a_provider_of_sms_no_code_is_offered(counter: CounterService) -> None:
    """The form says what the number is for, and the receipt has no button."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    form = officer.client.get(COUNTER).text
    assert ("Untuk instansi yang menangani laporan ini." in form, "Kabar lewat SMS" in form) == (True, False)
    assert "Kirim kode" not in officer.receipt_of(officer.enter(text=TEXT, phone=PHONE))


def test_back_and_reload_send_nothing_twice(counter: CounterService) -> None:
    """The same form is the same report; another text in it is another one. So no word is lost."""
    officer = counter.sign_in(Role.COORDINATOR, SEMARANG)
    form = officer.new_form()
    numbers = [number_on(officer.receipt_of(officer.enter(form, text=text))) for text in (TEXT, TEXT, f"{TEXT} lagi")]
    counter.stages.run()
    assert numbers[0] == numbers[1] != numbers[2]
    assert set(raw_numbers(counter)) == set(numbers)
    assert len(complaints_of(counter)) == len(set(numbers))


def test_many_citizens_of_one_counter_are_many_senders(counter: CounterService) -> None:
    """Two citizens with one number and equal words are two senders, and neither is the officer."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    for _ in range(2):
        officer.enter(text=TEXT, phone=PHONE)
    counter.stages.run()
    raws = counter.stages.raw_messages("counter")
    complaints = [counter.stages.complaint_of(raw) for raw in raws]
    assert len({raw.sender for raw in raws}) == len(raws) == 2
    assert "repeat" not in {complaint.relation.kind for complaint in complaints if complaint}
    # The number is not proven: it opens no report of somebody who has it.
    proven = counter.stages.parts.wrapper.sender_hash(f"tel:{PHONE}")
    assert proven not in {raw.sender for raw in raws}


def test_an_error_keeps_what_was_typed(counter: CounterService) -> None:
    """Text, contact, choice and file are on the page again, with the fault in Indonesian. Nothing was sent."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    form = {**officer.new_form(), "text": TEXT, "name": NAME, "rahasia": "true", "email": "bukan alamat"}
    file = {"files": ("surat.png", picture("PNG"), "image/png")}
    page = officer.client.post(COUNTER, form, files=file)
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert "Pilih cara laporan ini sampai di loket." in page.text
    assert all(value in page.text for value in (TEXT, NAME, "bukan alamat", "surat.png"))
    assert re.search(r'id="rahasia" name="rahasia" value="true" checked', page.text)
    assert raw_numbers(counter) == []
    corrected = {**form, **hidden_fields(page.text), "email": EMAIL, "counter_way": "call"}
    number = number_on(officer.receipt_of(officer.client.post(COUNTER, corrected)))
    counter.stages.run()
    raw = counter.stages.raw_message_with("counter", number)
    complaint = counter.stages.complaint_of(raw)
    assert complaint
    assert (len(raw.attachments), complaint.report.rahasia, complaint.report.anonim) == (1, True, False)


def test_all_faults_are_named_together(counter: CounterService) -> None:
    """Nobody corrects one field after the other."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    page = officer.client.post(COUNTER, {**officer.new_form(), "address": "a" * 501})
    assert page.status_code == HTTPStatus.BAD_REQUEST
    assert {f'id="{name}-salah"' in page.text for name in ("counter_way", "text", "address")} == {True}
    assert raw_numbers(counter) == []


def test_a_blank_report_is_refused(counter: CounterService) -> None:
    """The text is required, and within the limit of the web form."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    for text in ("", "  ", "a" * 10_001):
        answer = officer.enter(text=text)
        assert (answer.status_code, "text-salah" in answer.text) == (HTTPStatus.BAD_REQUEST, True)
    assert raw_numbers(counter) == []


def test_the_link_is_shown_for_half_an_hour_to_who_entered_it(counter: CounterService) -> None:
    """Later the address of the receipt has the number alone; to another officer it is no address."""
    officer, another = counter.sign_in(Role.OFFICER, SEMARANG), counter.sign_in(Role.OFFICER, SEMARANG)
    address = officer.enter(text=TEXT).headers["Location"]
    receipt = officer.client.get(address).text
    token = link_on(receipt).rpartition("/")[2]
    assert token
    assert token not in address
    assert another.client.get(address).status_code == HTTPStatus.NOT_FOUND
    # The session lives on.
    for _ in range(2):
        counter.stages.clock.wait((RECEIPT_AGE + timedelta(minutes=1)).total_seconds() / 120)
        late = officer.client.get(address).text
    assert number_on(late) == number_on(receipt)
    assert token not in late


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.OVERSEER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_others_may_not_enter_reports(counter: CounterService, role: Role) -> None:
    """Only officers, coordinators and triage enter reports; nobody without a session, and no page of another site."""
    person = counter.sign_in(role)
    assert person.client.get(COUNTER).status_code == HTTPStatus.FORBIDDEN
    assert person.enter({}, text=TEXT).status_code == HTTPStatus.FORBIDDEN
    assert requests.get(counter.address + COUNTER, allow_redirects=False, timeout=30).status_code != HTTPStatus.OK
    triage = counter.sign_in(Role.TRIAGE)
    foreign = triage.client.post(COUNTER, {"text": TEXT}, {"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == HTTPStatus.FORBIDDEN
    assert raw_numbers(counter) == []
    triage.receipt_of(triage.enter(text=TEXT))
    assert len(raw_numbers(counter)) == 1


def test_a_form_is_kept_while_the_bus_is_away(counter: CounterService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The desk has no spool: the officer gets the form again with what was typed, and may send it later."""
    officer = counter.sign_in(Role.OFFICER, SEMARANG)
    form = officer.new_form()
    with monkeypatch.context() as patch:
        patch.setattr(counter.desk.producer, "publish", _raise_retry)
        page = officer.enter(form, text=TEXT)
    assert (page.status_code, TEXT in page.text) == (HTTPStatus.SERVICE_UNAVAILABLE, True)
    assert page.headers["Retry-After"]
    assert raw_numbers(counter) == []
    officer.receipt_of(officer.enter(form, text=TEXT))
    assert len(raw_numbers(counter)) == 1


def _raise_retry(_messages: object) -> None:
    raise Retry("away")

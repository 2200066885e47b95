"""A sender who lost the number lists the own reports with a code by SMS or e-mail."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Semaphore
from uuid import UUID

import pytest
import requests
from sqlalchemy import text
from starlette.types import ASGIApp, Receive, Scope, Send

from app.assembly.doors.contact import contact_store, mail_outbox
from app.assembly.doors.own_reports import own_reports
from app.assembly.parts import Parts
from bus.port import Outgoing
from config.database import read_transaction
from desk.mail.message import Mail
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer
from tests.ingest.people import EMAIL
from tests.support import records
from tests.support.case_stages import make_case_stage
from tests.support.loopback import serving
from tests.support.loopback_twilio import ACCOUNT, TOKEN, LoopbackTwilio
from tests.support.records import at
from tests.support.stages import make_normalizer, make_reply_sink

_PATIENCE_SECONDS = 30.0
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PHONE, STRANGER = "+6281200000031", "+6281200000032"


@pytest.fixture
def twilio() -> Iterator[LoopbackTwilio]:
    """A loopback Twilio without messages."""
    with serving(LoopbackTwilio()) as loopback:
        yield loopback


@pytest.fixture
def served(serve: Serve, twilio: LoopbackTwilio) -> DoorClient:
    """Doors of a service that can send SMS, with a report of a phone in the ledger."""
    client = serve(
        twilio_account_sid=ACCOUNT,
        twilio_auth_tokens=[TOKEN],
        twilio_from="+628000001708",
        twilio_base_url=twilio.url,
    )
    read_into_ledger(client.parts, records.sms(client.parts, "PJU padam", PHONE))
    return client


class EndCounter:
    """Application that releases `ended` once for each request whose answer and background task are complete."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.ended = Semaphore(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to the application."""
        try:
            await self._app(scope, receive, send)
        finally:
            self.ended.release()


def read_into_ledger(parts: Parts, raw: Outgoing) -> str:
    """Let ledger and replies read a report. Return its tracking number."""
    outputs = make_normalizer(parts.engine, parts.sealer).handle([at(raw)])
    for number, output in enumerate(outputs):
        for sink in (make_case_stage(parts.engine), make_reply_sink(parts.engine)):
            sink.handle([at(output, number)])
    return str(records.value_of(raw)["tracking"])


def sent_code(twilio: LoopbackTwilio) -> str:
    """Return the first code; it is sent after the answer."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not codes(twilio) and time.monotonic() < end:
        time.sleep(0.01)
    return codes(twilio)[0]


def codes(twilio: LoopbackTwilio) -> list[str]:
    """Return the codes that were sent."""
    return [found[0] for message in twilio.messages if (found := re.search(r"\d{6}", message["body"]))]


def test_the_owner_of_the_number_lists_the_reports(served: DoorClient, twilio: LoopbackTwilio) -> None:
    """The code leads to the numbers and the own links. It works once."""
    page = served.post("/laporan-saya", data={"nomor": "0812 0000 0031"})
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    code = sent_code(twilio)
    wrong = served.post("/laporan-saya/daftar", data={"nomor": PHONE, "kode": "000000"})
    assert (wrong.status_code, "/l/" in wrong.text) == (400, False)
    listed = served.post("/laporan-saya/daftar", data={"nomor": PHONE, "kode": code})
    assert listed.status_code == 200
    assert f"{served.parts.settings.reached_at}/l/" in listed.text
    again = served.post("/laporan-saya/daftar", data={"nomor": PHONE, "kode": code})
    assert (again.status_code, "/l/" in again.text) == (400, False)


def test_nobody_learns_who_has_reported(served: DoorClient, twilio: LoopbackTwilio, host: DoorServer) -> None:
    """The answers for a number without reports are equal, also above the limit, and it gets no SMS."""
    assert host.app
    counter = host.app = EndCounter(host.app)
    pages = {
        phone: [
            served.post("/laporan-saya", data={"nomor": phone}),
            served.post("/laporan-saya", data={"nomor": phone}),
            served.post("/laporan-saya/daftar", data={"nomor": phone, "kode": "000000"}),
        ]
        for phone in (STRANGER, PHONE)
    }
    shown = {
        phone: [(page.status_code, page.text.replace(phone, "")) for page in answers]
        for phone, answers in pages.items()
    }
    nonce = re.compile(r'nonce="[^"]*"')
    assert [(code, nonce.sub("", text)) for code, text in shown[PHONE]] == [
        (code, nonce.sub("", text)) for code, text in shown[STRANGER]
    ]
    requests_sent = sum(map(len, pages.values()))
    assert all(counter.ended.acquire(timeout=_PATIENCE_SECONDS) for _ in range(requests_sent))
    assert {message["to"] for message in twilio.messages} == {PHONE}


def test_a_number_that_gets_no_sms_is_named(served: DoorClient) -> None:
    """The page keeps what was typed."""
    page = served.post("/laporan-saya", data={"nomor": "021 345"})
    assert (page.status_code, 'value="021 345"' in page.text, 'id="salah"' in page.text) == (400, True, True)


@pytest.mark.parametrize("address", ["/laporan-saya", "/laporan-saya/daftar"])
@pytest.mark.parametrize("count", [30, 1_500])
def test_fields_that_are_not_ours_make_no_form_fail(served: DoorClient, address: str, count: int) -> None:
    """A program may send any number of them. The page names what is missing."""
    page = served.post(address, data="&".join(["x"] * count), headers=_FORM)
    assert (page.status_code, "Tulis nomor telepon" in page.text) == (400, True)


def test_reports_of_the_form_are_listed_once_their_number_is_proven(parts: Parts) -> None:
    """A number in a form proves nothing: somebody else may have typed it."""
    contacts = contact_store(parts.doors)
    raw = records.web(parts, "Lampu jalan padam")
    tracking = read_into_ledger(parts, raw)
    contacts.add(tracking, UUID(str(records.value_of(raw)["id"])), PHONE, "", 0, lambda: None, lambda _: None)
    assert own_reports(parts.doors, contacts, PHONE) == []
    contacts.mark_phone_proven(tracking)
    assert [report.tracking for report in own_reports(parts.doors, contacts, PHONE)] == [tracking]
    assert own_reports(parts.doors, contacts, STRANGER) == []


@dataclass
class Mailed:
    """Doors of a service with a mail server, one report that confirmed `EMAIL`, and one that only typed it."""

    client: DoorClient
    confirmed: str

    def mails(self) -> list[Mail]:
        """Return the e-mails that wait, and take them out of the outbox as if they were sent."""
        outbox = mail_outbox(self.client.parts.doors)
        mails = []
        while claimed := outbox.claim("lease"):
            mails.append(claimed.mail)
        return mails


@pytest.fixture
def mailed(serve: Serve) -> Mailed:
    """A service that sends no SMS."""
    client = serve(smtp_host="mail.example", smtp_from="satu-pintu@lapor.example")
    numbers = []
    for words in ("Lampu jalan padam", "Jalan rusak parah"):
        raw = records.web(client.parts, words)
        numbers.append(read_into_ledger(client.parts, raw))
        message_id = UUID(str(records.value_of(raw)["id"]))
        contacts = contact_store(client.parts.doors)
        contacts.add(numbers[-1], message_id, "", EMAIL, 10, lambda: None, lambda _: None)
    contacts.confirm_email(numbers[0])
    return Mailed(client, numbers[0])


def ended(client: DoorClient, host: DoorServer, contact: str) -> requests.Response:
    """Ask for a code, and wait until the background task is complete."""
    assert host.app
    if not isinstance(host.app, EndCounter):
        host.app = EndCounter(host.app)
    answer = client.post("/laporan-saya", data={"nomor": contact})
    assert host.app.ended.acquire(timeout=_PATIENCE_SECONDS)
    return answer


def test_the_owner_of_the_mailbox_lists_the_reports(mailed: Mailed, host: DoorServer) -> None:
    """The code comes by e-mail and leads to the own link of the confirmed report. It works once, in any capitals."""
    assert "Email" in mailed.client.get("/laporan-saya").text
    page = ended(mailed.client, host, EMAIL.upper())
    assert (page.status_code, "Kode dari email" in page.text) == (200, True)
    (mail,) = mailed.mails()
    (code,) = re.findall(r"\d{6}", mail.body)
    assert (mail.to, mail.kind, code in mail.subject) == (EMAIL.upper(), "code", False)
    wrong = mailed.client.post("/laporan-saya/daftar", data={"nomor": EMAIL, "kode": "000000"})
    assert (wrong.status_code, "/l/" in wrong.text) == (400, False)
    listed = mailed.client.post("/laporan-saya/daftar", data={"nomor": EMAIL, "kode": code})
    assert listed.status_code == 200
    assert re.findall(r'class="number" href="[^"]*/l/[^"]+">([^<]+)<', listed.text) == [mailed.confirmed]
    again = mailed.client.post("/laporan-saya/daftar", data={"nomor": EMAIL, "kode": code})
    assert (again.status_code, "/l/" in again.text) == (400, False)


def test_nobody_learns_which_address_has_reported(mailed: Mailed, host: DoorServer) -> None:
    """An unknown address gets the same pages and no e-mail. So do other addresses of the same mailbox."""
    local_part, _, domain = EMAIL.partition("@")
    addresses = (EMAIL, "orang.lain@contoh.id", f"{local_part}+1@{domain}")
    pages = {
        re.sub(r'nonce="[^"]*"', "", ended(mailed.client, host, address).text.replace(address, ""))
        for address in addresses
    }
    assert len(pages) == 1
    assert [mail.to for mail in mailed.mails()] == [EMAIL]


def test_an_unconfirmed_address_lists_nothing(mailed: Mailed, host: DoorServer) -> None:
    """Somebody may have typed the address of another person, who must not read the report."""
    raw = records.web(mailed.client.parts, "Saluran air tersumbat")
    tracking = read_into_ledger(mailed.client.parts, raw)
    contacts = contact_store(mailed.client.parts.doors)
    message_id = UUID(str(records.value_of(raw)["id"]))
    contacts.add(tracking, message_id, "", "wulan@contoh.id", 10, lambda: None, lambda _: None)
    ended(mailed.client, host, "wulan@contoh.id")
    assert mailed.mails() == []


def test_a_mailbox_gets_few_codes(mailed: Mailed, host: DoorServer) -> None:
    """A second request within a minute sends none, with the same page, and five wrong tries end a code."""
    pages = {re.sub(r'nonce="[^"]*"', "", ended(mailed.client, host, EMAIL).text) for _ in range(3)}
    (mail,) = mailed.mails()
    (code,) = re.findall(r"\d{6}", mail.body)
    guess = "000000" if code != "000000" else "000001"
    for typed in (*[guess] * 5, code):
        answer = mailed.client.post("/laporan-saya/daftar", data={"nomor": EMAIL, "kode": typed})
        assert (answer.status_code, "/l/" in answer.text) == (400, False)
    assert len(pages) == 1


def test_a_code_is_not_readable_in_the_database(mailed: Mailed, host: DoorServer) -> None:
    """It is a digest, and in an e-mail that is sealed until it is sent."""
    ended(mailed.client, host, EMAIL)
    with read_transaction(mailed.client.parts.engine) as connection:
        tables = ("web_contact_code", "desk_mail")
        stored = str([[*connection.execute(text(f"SELECT * FROM {table}"))] for table in tables])  # noqa: S608 - of this test
    (mail,) = mailed.mails()
    (code,) = re.findall(r"\d{6}", mail.body)
    assert EMAIL not in stored
    assert not re.search(rf"(?<![\w-]){code}(?![\w-])", stored)


@pytest.mark.parametrize(
    "typed", ["", "sekar", "sekar@", "@contoh.id", f"{EMAIL}, a@contoh.id", f"{EMAIL}\r\nBcc: a@contoh.id"]
)
def test_what_is_no_address_is_named(mailed: Mailed, typed: str) -> None:
    """The page says what to type."""
    page = mailed.client.post("/laporan-saya", data={"nomor": typed})
    assert (page.status_code, "Tulis alamat email, misalnya nama@contoh.id." in page.text) == (400, True)
    assert mailed.mails() == []


def test_a_service_without_any_way_says_what_to_do(serve: Serve) -> None:
    """Neither SMS nor e-mail: no form."""
    client = serve()
    page = client.get("/laporan-saya").text
    assert "Cari nomor laporan di SMS jawaban kami" in page
    assert 'name="nomor"' not in page
    assert client.post("/laporan-saya", data={"nomor": EMAIL}).status_code == 400

"""A sender who lost the number lists the own reports with a code by SMS."""

import re
import time
from collections.abc import Iterator
from threading import Semaphore
from uuid import UUID

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from app.assembly.doors.contact import contact_store
from app.assembly.doors.web import own_reports
from app.assembly.parts import Parts
from bus.port import Outgoing
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer
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

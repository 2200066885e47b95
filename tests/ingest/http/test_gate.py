"""What all HTTP doors share: the bound on a body, problems as answers, what is said when the world is away, the log."""

from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from structlog.types import EventDict

from bus.port import Producer
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, FlakyProducer, assert_refused
from tests.ingest.people import DEVICE, PHONE, report
from tests.ingest.sms.test_door import send as send_sms
from tests.ingest.sms.test_door import sms
from tests.ingest.web.forms import fields

_DOORS = ("/web/reports", "/sms/twilio", "/mobile/v1/reports")
_TYPES = ("application/json", "application/x-www-form-urlencoded")


def everywhere(served: DoorClient) -> dict[str, requests.Response]:
    """A good message at each door."""
    mobile = report(device_id=DEVICE)
    return {
        "form": served.post("/web/reports", data=fields(served)),
        "json": served.post("/web/reports", json=report(), headers={"Idempotency-Key": "k"}),
        "mobile": served.post("/mobile/v1/reports", json=mobile, headers={"Idempotency-Key": "k"}),
        "sms": send_sms(served, sms()),
        "forged sms": served.post("/sms/twilio", data=sms()),
    }


def away(response: requests.Response) -> None:
    """Assert that nothing was promised, and that the sender knows when to come again."""
    assert_refused(response, 503, "away")
    assert int(response.headers["Retry-After"]) > 0


def megabyte() -> Iterator[bytes]:
    """A megabyte that does not say beforehand how long it is."""
    yield from (b"text=" + b"a" * 9_995 for _ in range(100))


@pytest.mark.parametrize("door", _DOORS)
def test_large_body_is_refused(served: DoorClient, door: str) -> None:
    """A megabyte is refused at every door, whether it says its length or not, and nothing is published."""
    for body in (b"".join(megabyte()), megabyte()):
        assert_refused(served.post(door, data=body, headers={"Content-Type": _TYPES[0]}), 413, "too_large")
    assert served.published() == 0


@pytest.mark.parametrize("door", _DOORS)
def test_endless_body_is_not_read_to_its_end(served: DoorClient, door: str) -> None:
    """The refusal comes when the bound is passed: the door does not wait for the rest, nor keep it."""
    connection = HTTPConnection(urlsplit(served.address).netloc, timeout=10)
    connection.putrequest("POST", door)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for _ in range(26):
        connection.send(b"2710\r\n" + b"a" * 10_000 + b"\r\n")

    assert connection.getresponse().status == 413
    connection.close()


def test_largest_body_fits_the_bus(served: DoorClient) -> None:
    """What passes the bound is small enough for a record, sealed and wrapped."""
    assert send_sms(served, sms("a" * 255_500)).status_code == 200
    assert len(served.raw_messages("sms")) == 1


def test_sender_who_hangs_up_leaves_nothing(served: DoorClient) -> None:
    """A body that ends before its length is no message; the door goes on."""
    connection = HTTPConnection(urlsplit(served.address).netloc, timeout=10)
    connection.putrequest("POST", "/web/reports")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"text=setengah")
    connection.close()

    assert served.post("/web/reports", data=fields(served, text="Utuh.")).status_code == 303
    assert [b"text=Utuh." in served.opened(raw) for raw in served.raw_messages("web")] == [True]


@pytest.mark.parametrize("path", ["/tidak-ada", "/web", "/web/reports/x", "/%ff", "/sms/twilio/..", "/🚧"])
def test_unknown_address(served: DoorClient, path: str) -> None:
    """An address that is none of ours is a problem like any other."""
    assert_refused(served.get(path), 404, "no_such_address")


def test_wrong_method(served: DoorClient) -> None:
    """A door that is knocked at in the wrong way says which way is right."""
    answer = served.get("/sms/twilio")

    assert_refused(answer, 405, "wrong_method")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("header", ["[", "", "a b", "x/y?z#", "\xff"])
def test_host_is_not_believed(served: DoorClient, header: str) -> None:
    """Whatever stands in the Host header, a message is read from its own address."""
    answer = served.post("/web/reports", data=fields(served), headers={"Host": header.encode("latin-1")})

    assert answer.status_code in {303, 400}
    assert answer.status_code == 400 or answer.headers["Location"].startswith("/web/receipts/")


def test_bus_away(serve: Serve, producer: Producer) -> None:
    """While the bus is away every door says 503 and when to come again; nothing was promised."""
    served = serve(FlakyProducer(producer, range(1, 100)))

    answers = everywhere(served)
    form = answers.pop("form")
    for answer in answers.values():
        away(answer)
    assert (form.status_code, form.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert report()["text"] in form.text
    assert int(form.headers["Retry-After"]) > 0
    assert served.published() == 0


def test_bus_back_again(serve: Serve, producer: Producer) -> None:
    """What was refused while the bus was away is taken when it is sent again, its key too."""
    served = serve(FlakyProducer(producer, range(1, 6)))
    everywhere(served)

    answers = {door: answer.status_code for door, answer in everywhere(served).items()}

    assert answers == {"form": 303, "json": 202, "mobile": 202, "sms": 200, "forged sms": 403}
    assert served.published() == 5


def test_database_away(serve: Serve) -> None:
    """Without its database a door that must remember keys says 503; the form and SMS need none, and are taken."""
    served = serve(migrated=False, database_url="postgresql://nobody@127.0.0.1:9/none")

    answers = everywhere(served)

    away(answers["mobile"])
    away(answers["json"])
    assert (answers["form"].status_code, answers["sms"].status_code) == (303, 200)
    assert (served.raw_messages("mobile"), len(served.raw_messages("web"))) == ([], 1)


def test_log_names_events_and_nobody(serve: Serve, producer: Producer, logged: list[EventDict]) -> None:
    """Refusals, absences and quarantine are logged as events with ids and patterns; of what was sent, nothing.

    That no line names a citizen is asserted for every test here, by the fixture `logged`.
    """
    served = serve(FlakyProducer(producer, {1}))
    served.post("/web/reports", data=fields(served))
    served.post("/sms/twilio", data=sms())
    served.post("/web/reports", json=report(kind=PHONE))
    served.get(f"/web/receipts/{PHONE}")

    (kept,) = served.quarantined()
    assert [{**line, "log_level": ""} for line in logged] == [
        said("door.publish_failed", cause="Retry"),
        said("door.refused", route="/web/reports", reason="away", status=503),
        said("sms.quarantined", message_id=str(kept.message_id), reason="unsigned"),
        said("door.refused", route="/sms/twilio", reason="unsigned", status=403),
        said("door.refused", route="/web/reports", reason="invalid_submission", status=400),
        said("door.refused", route="/web/receipts/{number}", reason="no_such_number", status=404),
    ]


def said(event: str, **fields: Any) -> EventDict:
    """A log line, whatever its level."""
    return {"event": event, "log_level": "", **fields}


def test_knocking_too_often(serve: Serve) -> None:
    """One sender is told when to come again; another, behind the same proxy, is let in."""
    served = serve(rates={"web": "3/minute"})

    def knock(address: str) -> requests.Response:
        return served.post("/web/reports", json={"text": "Lampu padam."}, headers={"X-Forwarded-For": address})

    answers = [knock("203.0.113.7") for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [202] * 3
    assert_refused(answers[3], 429, "too_many_requests")
    assert int(answers[3].headers["Retry-After"]) > 0
    assert knock("203.0.113.8").status_code == 202
    assert len(served.raw_messages("web")) == 4


@pytest.fixture
def full(serve: Serve) -> Iterator[DoorClient]:
    """Doors with as many requests in hand as may be: the one guest is slow."""
    served = serve(requests_at_once=1)
    inside = HTTPConnection(urlsplit(served.address).netloc, timeout=10)
    inside.putrequest("POST", "/web/reports")
    inside.putheader("Content-Type", "application/json")
    inside.putheader("Content-Length", "24")
    inside.endheaders(b'{"text":')
    while served.get("/status").status_code != 503:
        pass
    yield served
    inside.send(b' "Lampu padam."}')
    assert inside.getresponse().status == 202
    inside.close()


def test_more_than_may_be_in_hand_at_once(full: DoorClient) -> None:
    """Who comes while the house is full is told so at once; who is inside is served, and health answers always."""
    answer = full.post("/web/reports", json={"text": "Lampu padam."})

    assert_refused(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert (full.get("/live").status_code, full.get("/ready").status_code) == (200, 200)


def test_a_full_house_is_a_page_for_people(full: DoorClient) -> None:
    """A browser's form is told in Indonesian, with when to come again, and that what was typed is still there."""
    page = full.post("/web/reports", data=fields(full), headers={"Accept": "text/html,*/*;q=0.8"})

    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert (page.headers["Retry-After"], page.headers["Cache-Control"]) == ("5", "no-store")
    assert "Laporan Anda belum terkirim" in page.text
    assert "Isi formulir Anda masih ada di halaman sebelumnya" in page.text
    assert "setelah 5 detik" in page.text
    assert "style-src 'nonce-" in page.headers["Content-Security-Policy"]


def test_a_full_house_where_nothing_was_sent(full: DoorClient) -> None:
    """Whoever only looks is not told about a form."""
    page = full.get("/status", {"Accept": "text/html"})

    assert (page.status_code, "ramai" in page.text, "formulir Anda" in page.text) == (503, True, False)


@pytest.mark.parametrize("path", ["/mobile/v1/reports", "/sms/twilio", "/sms/twilio/status"])
def test_programs_are_shown_no_page(full: DoorClient, path: str) -> None:
    """Where only programs come, a problem is what they get, whatever they ask for."""
    assert_refused(full.post(path, headers={"Accept": "text/html"}), 503, "busy")


@pytest.mark.parametrize(("path", "status"), [("/tidak-ada", 404), ("/web/receipts/x", 404), ("/web/reports", 405)])
def test_every_refusal_is_a_page_for_people(served: DoorClient, path: str, status: int) -> None:
    """What is a problem for programs is read by people as a page, with the way on; nothing of theirs stands in it."""
    page = served.get(path, {"Accept": "text/html"})

    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert '<a class="button" href="/">' in page.text
    assert ("Allow" in page.headers) == (status == 405)

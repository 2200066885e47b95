"""Rules of all HTTP doors: body limits, error responses, failures of dependencies, and the log."""

from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from structlog.types import EventDict

from bus.port import Outgoing, Producer
from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer, FlakyProducer, assert_refused, requests_in_progress
from tests.ingest.people import DEVICE, PHONE, report
from tests.ingest.sms.test_door import send as send_sms
from tests.ingest.sms.test_door import sms
from tests.ingest.web.forms import fields

_DOORS = ("/web/reports", "/sms/twilio", "/mobile/v1/reports")
_TYPES = ("application/json", "application/x-www-form-urlencoded")


def valid_requests(served: DoorClient) -> dict[str, requests.Response]:
    """Return a valid message for each door."""
    mobile = report(device_id=DEVICE)
    return {
        "form": served.post("/web/reports", data=fields(served)),
        "json": served.post("/web/reports", json=report(), headers={"Idempotency-Key": "k"}),
        "mobile": served.post("/mobile/v1/reports", json=mobile, headers={"Idempotency-Key": "k"}),
        "sms": send_sms(served, sms()),
        "forged sms": served.post("/sms/twilio", data=sms()),
    }


def assert_unavailable(response: requests.Response) -> None:
    """Assert that the door answered 503 and told the sender when to try again."""
    assert_refused(response, 503, "away")
    assert int(response.headers["Retry-After"]) > 0


def endless_megabyte() -> Iterator[bytes]:
    """Yield a megabyte in pieces, so that its length is not announced."""
    yield from (b"text=" + b"a" * 9_995 for _ in range(100))


@pytest.mark.parametrize("door", _DOORS)
def test_large_body_is_refused(served: DoorClient, door: str) -> None:
    """Each door refuses a megabyte, with or without an announced length, and nothing is published."""
    for body in (b"".join(endless_megabyte()), endless_megabyte()):
        assert_refused(served.post(door, data=body, headers={"Content-Type": _TYPES[0]}), 413, "too_large")
    assert served.published_count() == 0


@pytest.mark.parametrize("door", _DOORS)
def test_endless_body_is_not_read_to_its_end(served: DoorClient, door: str) -> None:
    """The door refuses at the limit. It neither waits for the rest nor stores it."""
    connection = HTTPConnection(urlsplit(served.address).netloc, timeout=60)
    connection.putrequest("POST", door)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    for _ in range(26):
        connection.send(b"2710\r\n" + b"a" * 10_000 + b"\r\n")

    assert connection.getresponse().status == 413
    connection.close()


def test_largest_body_fits_the_bus(served: DoorClient) -> None:
    """The largest allowed body, sealed and wrapped, fits a record."""
    assert send_sms(served, sms("a" * 255_500)).status_code == 200
    assert len(served.raw_messages("sms")) == 1


def test_sender_who_hangs_up_leaves_nothing(served: DoorClient) -> None:
    """A body that ends before its length is no message, and the door continues."""
    connection = HTTPConnection(urlsplit(served.address).netloc, timeout=60)
    connection.putrequest("POST", "/web/reports")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"text=setengah")
    connection.close()

    assert served.post("/web/reports", data=fields(served, text="Utuh.")).status_code == 303
    assert [b"text=Utuh." in served.open_body(raw) for raw in served.raw_messages("web")] == [True]


@pytest.mark.parametrize("path", ["/tidak-ada", "/web", "/web/reports/x", "/%ff", "/sms/twilio/..", "/🚧"])
def test_unknown_address(served: DoorClient, path: str) -> None:
    """An unknown address is answered with a problem."""
    assert_refused(served.get(path), 404, "no_such_address")


def test_wrong_method(served: DoorClient) -> None:
    """A wrong method is answered with the allowed methods."""
    answer = served.get("/sms/twilio")

    assert_refused(answer, 405, "wrong_method")
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("header", ["[", "", "a b", "x/y?z#", "\xff"])
def test_host_is_not_believed(served: DoorClient, header: str) -> None:
    """The Host header has no influence on the arrival."""
    answer = served.post("/web/reports", data=fields(served), headers={"Host": header.encode("latin-1")})

    assert answer.status_code in {303, 400}
    assert answer.status_code == 400 or answer.headers["Location"].startswith("/web/receipts/")


def test_bus_away(serve: Serve, producer: Producer) -> None:
    """While the bus is away each door answers 503 with Retry-After."""
    served = serve(FlakyProducer(producer, range(1, 100)))

    answers = valid_requests(served)
    form = answers.pop("form")
    for answer in answers.values():
        assert_unavailable(answer)
    assert (form.status_code, form.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert report()["text"] in form.text
    assert int(form.headers["Retry-After"]) > 0
    assert served.published_count() == 0


def test_bus_back_again(serve: Serve, producer: Producer) -> None:
    """A message that was refused while the bus was away is accepted later, under the same key."""
    served = serve(FlakyProducer(producer, range(1, 6)))
    valid_requests(served)

    answers = {door: answer.status_code for door, answer in valid_requests(served).items()}

    assert answers == {"form": 303, "json": 202, "mobile": 202, "sms": 200, "forged sms": 403}
    assert served.published_count() == 5


def test_database_away(serve: Serve) -> None:
    """Without the database, the app's door answers 503. The form, JSON and SMS need no database and accept."""
    served = serve(database_url="postgresql://nobody@127.0.0.1:9/none")

    answers = valid_requests(served)

    assert_unavailable(answers["mobile"])
    assert (answers["form"].status_code, answers["json"].status_code, answers["sms"].status_code) == (303, 202, 200)
    assert (served.raw_messages("mobile"), len(served.raw_messages("web"))) == ([], 2)


def test_log_names_events_and_nobody(serve: Serve, producer: Producer, logged: list[EventDict]) -> None:
    """Refusals, failures and quarantine are logged with ids and patterns, without content.

    The fixture `logged` asserts for every test here that no line contains personal data.
    """
    served = serve(FlakyProducer(producer, {1}))
    served.post("/web/reports", data=fields(served))
    served.post("/sms/twilio", data=sms())
    served.post("/web/reports", json=report(kind=PHONE))
    served.get(f"/web/receipts/{PHONE}")

    (quarantined,) = served.quarantined()
    assert [{**line, "log_level": ""} for line in logged] == [
        log_line("door.publish_failed", cause="Retry: away"),
        log_line("door.refused", route="/web/reports", reason="away", status=503),
        log_line("sms.quarantined", message_id=str(quarantined.message_id), reason="unsigned"),
        log_line("door.refused", route="/sms/twilio", reason="unsigned", status=403),
        log_line("door.refused", route="/web/reports", reason="invalid_submission", status=400),
        log_line("door.refused", route="/web/receipts/{number}", reason="no_such_number", status=404),
    ]


def log_line(event: str, **fields: Any) -> EventDict:
    """Return a log line without its level."""
    return {"event": event, "log_level": "", **fields}


def test_too_many_requests(serve: Serve) -> None:
    """One sender is told to wait. Another sender behind the same proxy is admitted."""
    served = serve(rates={"web": "3/minute"})

    def send_from(address: str) -> requests.Response:
        return served.post("/web/reports", json={"text": "Lampu padam."}, headers={"X-Forwarded-For": address})

    answers = [send_from("203.0.113.7") for _ in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [202] * 3
    assert_refused(answers[3], 429, "too_many_requests")
    assert int(answers[3].headers["Retry-After"]) > 0
    assert send_from("203.0.113.8").status_code == 202
    assert len(served.raw_messages("web")) == 4


class BrokenProducer:
    """A bus producer with a bug."""

    def publish(self, _messages: Sequence[Outgoing]) -> None:
        """See `bus.port.Producer`."""
        raise ZeroDivisionError

    def close(self) -> None:
        """See `bus.port.Producer`."""


def test_an_unexpected_error_is_answered_like_every_refusal(serve: Serve) -> None:
    """A page for people and a problem for programs, with the headers of every answer, and nothing about the error."""
    served = serve(BrokenProducer())

    problem = served.post("/web/reports", json=report())
    page = served.post("/web/reports", json=report(), headers={"Accept": "text/html"})

    assert_refused(problem, 503, "unexpected")
    assert (page.status_code, "laporan ini belum tersimpan" in page.text) == (503, True)
    for answer in (problem, page):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "ZeroDivision" not in answer.text


@pytest.mark.parametrize("path", ["/status", "/status/AAAA-AAAA-AAAA", "/tidak-ada", "/open311/v2/services.xml"])
def test_answers_are_not_stored(served: DoorClient, path: str) -> None:
    """The next user of a shared computer does not find them, errors included."""
    assert served.get(path).headers["Cache-Control"] == "no-store"


@pytest.fixture
def full(serve: Serve, host: DoorServer) -> Iterator[DoorClient]:
    """Doors with the maximum number of requests in progress: one, which waits for something."""
    served = serve(requests_at_once=1)
    with requests_in_progress(served, host, ["127.0.0.1"]):
        yield served


def test_requests_above_the_limit_are_refused(full: DoorClient) -> None:
    """Further requests are refused at once. The request in progress is served, and health checks are answered."""
    answer = full.post("/web/reports", json={"text": "Lampu padam."})

    assert_refused(answer, 503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
    assert (full.get("/live").status_code, full.get("/ready").status_code) == (200, 200)


def test_a_full_service_shows_people_a_page(full: DoorClient) -> None:
    """The page tells in Indonesian when to try again, and that the typed values are not lost."""
    page = full.post("/web/reports", data=fields(full), headers={"Accept": "text/html,*/*;q=0.8"})

    assert (page.status_code, page.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert (page.headers["Retry-After"], page.headers["Cache-Control"]) == ("5", "no-store")
    assert "Laporan Anda belum terkirim" in page.text
    assert "Isi formulir Anda masih ada di halaman sebelumnya" in page.text
    assert "setelah 5 detik" in page.text
    assert "style-src 'nonce-" in page.headers["Content-Security-Policy"]


def test_the_page_for_a_get_request_does_not_mention_a_form(full: DoorClient) -> None:
    """A GET request carries no form, so the page does not mention one."""
    page = full.get("/status", {"Accept": "text/html"})

    assert (page.status_code, "ramai" in page.text, "formulir Anda" in page.text) == (503, True, False)


@pytest.mark.parametrize("path", ["/mobile/v1/reports", "/sms/twilio", "/sms/twilio/status"])
def test_programs_are_shown_no_page(full: DoorClient, path: str) -> None:
    """Addresses for programs answer with a problem, whatever media type is accepted."""
    assert_refused(full.post(path, headers={"Accept": "text/html"}), 503, "busy")


@pytest.mark.parametrize(("path", "status"), [("/tidak-ada", 404), ("/web/receipts/x", 404), ("/web/reports", 405)])
def test_every_refusal_is_a_page_for_people(served: DoorClient, path: str, status: int) -> None:
    """Each problem is a page for people, with a link to continue. It contains nothing that the sender sent."""
    page = served.get(path, {"Accept": "text/html"})

    assert (page.status_code, page.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert '<a class="button" href="/lapor">' in page.text
    assert ("Allow" in page.headers) == (status == 405)

"""Refusals are counted by door and reason, without the sender and the content."""

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import requests

from app.assembly.channels import DIRECTORY
from pages.rejection_counter import RejectionCounter
from tests.ingest.conftest import Serve


def test_refusals_are_counted_by_door_and_reason(serve: Serve) -> None:
    """The counts equal the refusals in the log. Accepted requests are not counted."""
    served = serve()
    for _ in range(3):
        served.post("/sms/twilio", data={"MessageSid": "SM1", "From": "+628000000001", "Body": "halo"})
    served.post("/web/reports", json={"text": ""})
    served.post("/web/reports", json={"text": "Lampu padam di Kota Semarang"})
    served.post("/open311/v2/requests.json", data={"service_code": "merpati"})
    counts = served.parts.doors.rejection_counter.by_door()
    assert counts["sms"] == {"unsigned": 3}
    assert counts["web"] == {"invalid_submission": 1}
    assert sum(counts["open311"].values()) == 1


def test_other_addresses_count_for_the_form() -> None:
    """The rest of the address is not kept."""
    tally = RejectionCounter(DIRECTORY.doors.values())
    tally.count("/status/{number}", "no_such_number")
    tally.count("none", "wrong_method")
    tally.count("/mobile/v1/reports", "token_missing")
    assert tally.by_door() == {
        "mobile": {"token_missing": 1},
        "web": {"no_such_number": 1, "wrong_method": 1},
    }


def test_refusals_of_the_concurrency_middleware_are_counted(serve: Serve) -> None:
    """They are counted for the door of their address."""
    served = serve(requests_at_once=1)
    with closing(HTTPConnection(urlsplit(served.address).netloc, timeout=60)) as slow_request:
        slow_request.putrequest("POST", "/web/reports")
        slow_request.putheader("Content-Length", "300000")
        slow_request.endheaders(b"text=setengah")
        while served.post("/sms/twilio", data={"Body": "halo"}).status_code != requests.codes.service_unavailable:
            pass
    assert served.parts.doors.rejection_counter.by_door()["sms"]["busy"] == 1

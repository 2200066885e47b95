"""Whom the doors turn away is counted, by door and reason: never who it was nor what they sent."""

from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import requests

from app.assembly.channels import DIRECTORY
from ingest.http.rejection_counter import RejectionCounter
from tests.ingest.conftest import Serve


def test_refusals_are_counted_by_door_and_reason(serve: Serve) -> None:
    """As the log says them; what is taken is not among them."""
    served = serve()
    for _ in range(3):
        served.post("/sms/twilio", data={"MessageSid": "SM1", "From": "+628000000001", "Body": "halo"})
    served.post("/web/reports", json={"text": ""})
    served.post("/web/reports", json={"text": "Lampu padam di Kota Semarang"})
    served.post("/open311/v2/requests.json", data={"service_code": "merpati"})
    said = served.get("/ready").json()["refused"]
    assert said["sms"] == {"unsigned": 3}
    assert said["web"] == {"invalid_submission": 1}
    assert sum(said["open311"].values()) == 1


def test_an_address_that_is_no_door_s_is_the_form_s() -> None:
    """What stood in the address is not kept."""
    tally = RejectionCounter(DIRECTORY.doors.values())
    tally.count("/status/{number}", "no_such_number")
    tally.count("none", "wrong_method")
    tally.count("/mobile/v1/reports", "token_missing")
    assert tally.by_door() == {
        "mobile": {"token_missing": 1},
        "web": {"no_such_number": 1, "wrong_method": 1},
    }


def test_whom_a_full_house_sends_away_is_counted(serve: Serve) -> None:
    """At whichever door they came."""
    served = serve(requests_at_once=1)
    with closing(HTTPConnection(urlsplit(served.address).netloc, timeout=10)) as guest:
        guest.putrequest("POST", "/web/reports")
        guest.putheader("Content-Length", "1000")
        guest.endheaders(b"text=setengah")
        while served.post("/sms/twilio", data={"Body": "halo"}).status_code != requests.codes.service_unavailable:
            pass
    assert served.parts.rejection_counter.by_door()["sms"]["busy"] == 1

"""Simulated citizens: sends a report through one of the real doors, in the form of that channel's provider."""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import requests
from twilio.request_validator import RequestValidator

from messages.tracking import read_tracking_number

_TIMEOUT_SECONDS = 30
# Twilio joins the parts of a long SMS up to this length.
_LONGEST_SMS_CHARACTERS = 1600


@dataclass(frozen=True, slots=True)
class SimulatedReport:
    """Report of one invented citizen.

    The same `ref` sent again is the same message. `sender` is a number that identifies the citizen; 0 is nobody.
    `row` and `row_id` are the position and the id of a report that a file has.
    """

    ref: str
    text: str
    title: str = ""
    region: str = ""
    agency: str = ""
    kind: str = ""
    sender: int = 0
    retweet: bool = False
    row: int = 0
    row_id: str = ""

    @property
    def phone(self) -> str:
        """Phone number that no operator assigns."""
        return f"+628000{self.sender:07d}" if self.sender else ""

    @property
    def uuid(self) -> uuid.UUID:
        """UUID derived from `ref`."""
        return uuid.uuid5(uuid.NAMESPACE_OID, self.ref)

    @property
    def message_sid(self) -> str:
        """Twilio's id of the report as an SMS."""
        return f"SM{self.uuid.hex}"


class Sender:
    """Sends reports to the doors at `address`, with the secrets that the providers share with the service."""

    def __init__(self, address: str, public_url: str, twilio_token: str, x_url: str, x_token: str) -> None:
        self._address = address
        self._public_url = public_url
        self._validator = RequestValidator(twilio_token)
        self._x_url = x_url
        self._x_token = x_token

    def send(self, channel: str, report: SimulatedReport) -> requests.Response:
        """Send by one channel. Raises `requests.RequestException` if the door cannot be reached."""
        senders: dict[str, Callable[[SimulatedReport], requests.Response]] = {
            "web": self.web,
            "sms": self.sms,
            "twitter": self.twitter,
            "mobile": self.mobile,
        }
        return senders[channel](report)

    def web(self, report: SimulatedReport) -> requests.Response:
        """Send the form, or JSON for every other report."""
        fields = _json_fields(report)
        if report.uuid.int % 2:
            return self._post("/web/reports", json=fields, headers={"Idempotency-Key": f'"{report.uuid}"'})
        form = fields | {"form_id": str(report.uuid)}
        page = self._post("/web/reports", data=form)
        # The form was not opened first, so the door shows it with a token. Sending it again is accepted.
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        return self._post("/web/reports", data=form | {"token": token[1] if token else ""}, allow_redirects=False)

    def sms(self, report: SimulatedReport) -> requests.Response:
        """Post to Twilio's webhook with Twilio's signature."""
        text = f"LAPOR {report.title + '. ' if report.title else ''}{report.text}"[:_LONGEST_SMS_CHARACTERS]
        fields = {
            "MessageSid": report.message_sid,
            "From": report.phone,
            "To": "1708",
            "Body": text,
            "NumMedia": "0",
        }
        signature = self._validator.compute_signature(f"{self._public_url}/sms/twilio", fields)
        return self._post("/sms/twilio", data=fields, headers={"X-Twilio-Signature": signature})

    def mobile(self, report: SimulatedReport) -> requests.Response:
        """Post as the app does, with an idempotency key."""
        device = str(uuid.uuid5(uuid.NAMESPACE_OID, f"device:{report.sender or report.ref}"))
        fields = _json_fields(report) | {"device_id": device}
        return self._post("/mobile/v1/reports", json=fields, headers={"Idempotency-Key": f'"{report.uuid}"'})

    def twitter(self, report: SimulatedReport) -> requests.Response:
        """Post on the practice X. The door polls it from there."""
        text = f"@Lapor1708 {report.title + '. ' if report.title else ''}{report.text} #lapor"
        author = str(report.sender or report.uuid.int % 10**15)
        references = [{"type": "retweeted", "id": "1"}] if report.retweet else []
        post = {"text": text, "author_id": author, "ref": report.ref, "referenced_tweets": references}
        headers = {"Authorization": f"Bearer {self._x_token}"}
        return requests.post(f"{self._x_url}/2/tweets", json=post, headers=headers, timeout=_TIMEOUT_SECONDS)

    def _post(self, path: str, **request: Any) -> requests.Response:
        return requests.post(self._address + path, timeout=_TIMEOUT_SECONDS, **request)


def tracking_in(response: requests.Response) -> str | None:
    """Return the tracking number in a door's answer: a redirect, TwiML or JSON."""
    if response.status_code == requests.codes.see_other:
        # The address of a counter's receipt has more behind the number.
        last = urlsplit(response.headers["Location"]).path.rpartition("/")[2]
        return read_tracking_number(last.partition(".")[0])
    if response.headers.get("Content-Type", "").startswith("application/xml"):
        words = "".join(ET.fromstring(response.content).itertext()).split()  # noqa: S314 - the answer of our own door
        return next((number for word in words if (number := read_tracking_number(word.strip(".")))), None)
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return read_tracking_number(str(response.json().get("tracking", "")))
    return None


def _json_fields(report: SimulatedReport) -> dict[str, str]:
    fields = {
        "title": report.title[:200],
        "text": report.text,
        "region": report.region,
        "agency": report.agency,
        "kind": report.kind,
        "phone": report.phone,
    }
    return {name: value for name, value in fields.items() if value}


def reference_for(*parts: str) -> str:
    """Return a short reference: equal parts give an equal reference."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

"""Plays the citizens: sends a text through one of the real doors, as that channel's provider would."""

import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

import requests
from twilio.request_validator import RequestValidator

from messages.tracking import read_tracking_number

_TIMEOUT_SECONDS = 30
# Twilio joins the parts of a long SMS up to this length.
_LONGEST_SMS = 1600


@dataclass(frozen=True, slots=True)
class Letter:
    """What one invented citizen says. `ref` makes sending it again the same message; `sender` tells people apart."""

    ref: str
    text: str
    title: str = ""
    region: str = ""
    agency: str = ""
    kind: str = ""
    sender: int = 0
    retweet: bool = False

    @property
    def phone(self) -> str:
        """A number that no operator gives out."""
        return f"+628000{self.sender:07d}" if self.sender else ""

    @property
    def uuid(self) -> uuid.UUID:
        """A UUID of the letter's own."""
        return uuid.uuid5(uuid.NAMESPACE_OID, self.ref)


class Sender:
    """Knows the doors' address and the secrets that providers share with them."""

    def __init__(self, address: str, public_url: str, twilio_token: str, x_url: str, x_token: str) -> None:
        self._address = address
        self._public_url = public_url
        self._validator = RequestValidator(twilio_token)
        self._x_url = x_url
        self._x_token = x_token

    def send(self, channel: str, letter: Letter) -> requests.Response:
        """Send by one channel. Raises `requests.RequestException` where the door can't be reached."""
        doors: dict[str, Callable[[Letter], requests.Response]] = {
            "web": self.web,
            "sms": self.sms,
            "twitter": self.twitter,
            "mobile": self.mobile,
        }
        return doors[channel](letter)

    def web(self, letter: Letter) -> requests.Response:
        """The form, filled in; the JSON twin for every other letter."""
        said = _said(letter)
        if letter.uuid.int % 2:
            return self._post("/web/reports", json=said, headers={"Idempotency-Key": f'"{letter.uuid}"'})
        form = said | {"form_id": str(letter.uuid)}
        page = self._post("/web/reports", data=form)
        # Nobody opened this form first: it is shown, and a second press sends it.
        token = re.search(r'name="token" value="([^"]+)"', page.text)
        return self._post("/web/reports", data=form | {"token": token[1] if token else ""}, allow_redirects=False)

    def sms(self, letter: Letter) -> requests.Response:
        """Twilio's webhook, signed as Twilio does."""
        text = f"LAPOR {letter.title + '. ' if letter.title else ''}{letter.text}"[:_LONGEST_SMS]
        fields = {
            "MessageSid": f"SM{letter.uuid.hex}",
            "From": letter.phone,
            "To": "1708",
            "Body": text,
            "NumMedia": "0",
        }
        signature = self._validator.compute_signature(f"{self._public_url}/sms/twilio", fields)
        return self._post("/sms/twilio", data=fields, headers={"X-Twilio-Signature": signature})

    def mobile(self, letter: Letter) -> requests.Response:
        """The app, which sends its own key."""
        device = str(uuid.uuid5(uuid.NAMESPACE_OID, f"device:{letter.sender or letter.ref}"))
        said = _said(letter) | {"device_id": device}
        return self._post("/mobile/v1/reports", json=said, headers={"Idempotency-Key": f'"{letter.uuid}"'})

    def twitter(self, letter: Letter) -> requests.Response:
        """A post on the practice X; the door polls it from there."""
        text = f"@Lapor1708 {letter.title + '. ' if letter.title else ''}{letter.text} #lapor"
        author = str(letter.sender or letter.uuid.int % 10**15)
        references = [{"type": "retweeted", "id": "1"}] if letter.retweet else []
        post = {"text": text, "author_id": author, "ref": letter.ref, "referenced_tweets": references}
        headers = {"Authorization": f"Bearer {self._x_token}"}
        return requests.post(f"{self._x_url}/2/tweets", json=post, headers=headers, timeout=_TIMEOUT_SECONDS)

    def _post(self, path: str, **request: Any) -> requests.Response:
        return requests.post(self._address + path, timeout=_TIMEOUT_SECONDS, **request)


def tracking_in(response: requests.Response) -> str | None:
    """The tracking number that a door answered with, however it says it."""
    if response.status_code == requests.codes.see_other:
        return read_tracking_number(response.headers["Location"].rsplit("/", 1)[-1])
    if response.headers.get("Content-Type", "").startswith("application/xml"):
        said = "".join(ET.fromstring(response.content).itertext())  # noqa: S314 - our own door's answer
        return next((found for word in said.split() if (found := read_tracking_number(word.strip(".")))), None)
    if response.headers.get("Content-Type", "").startswith("application/json"):
        return read_tracking_number(str(response.json().get("tracking", "")))
    return None


def _said(letter: Letter) -> dict[str, str]:
    fields = {
        "title": letter.title[:200],
        "text": letter.text,
        "region": letter.region,
        "agency": letter.agency,
        "kind": letter.kind,
        "phone": letter.phone,
    }
    return {name: value for name, value in fields.items() if value}


def ref_of(*parts: str) -> str:
    """A short name for what was sent, the same for the same parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

"""Loopback Twilio: one account with its received and sent messages and their files."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer

ACCOUNT = "AC" + "0" * 32
TOKEN = "twilio-test"

_MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
# Storage that Twilio redirects to. Anyone with the address can read the files.
_STORAGE = "/storage/"


@dataclass
class LoopbackTwilio(Loopback):
    """Twilio account. `messages` are oldest first, `files` by path.

    A `status` other than 200 is the answer to every list. The script applies only to requests that send.
    """

    token: str = TOKEN
    page_size: int = 50
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Answer] = field(default_factory=dict)

    def uses_script(self, request: ReceivedRequest) -> bool:
        """See `Loopback`."""
        return request.method == "POST"

    @property
    def sends(self) -> list[dict[str, str]]:
        """Fields of each request to send a message."""
        return [request.form for request in self.requests if request.method == "POST"]

    @property
    def tokens(self) -> list[str]:
        """Token of each request, empty without one."""
        return [_token(request) for request in self.requests]

    def received(self, sid: str, at: datetime, body: str, sender: str, **more: Any) -> None:
        """Add a received message after the existing ones."""
        date = format_datetime(at.astimezone(UTC))
        message: dict[str, Any] = {
            "sid": sid, "account_sid": ACCOUNT, "from": sender, "to": "1708", "body": body, "direction": "inbound",
            "date_sent": date, "date_created": date, "date_updated": date, "num_media": "0", "num_segments": "1",
            "messaging_service_sid": None, "status": "received", "api_version": "2010-04-01", "price": None,
            "uri": f"{_MESSAGES}/{sid}.json", "subresource_uris": {},
        }  # fmt: skip
        self.messages.append(message | more)

    def media_url(self, message: str, sid: str) -> str:
        """Return the address of a file."""
        return f"{self.url}{_MESSAGES}/{message}/Media/{sid}"

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        stored = self.files.get(request.path)
        if stored and (request.path.startswith(_STORAGE) or _token(request) == self.token):
            return stored
        return self._refusal(request) or self._api(request)

    def _refusal(self, request: ReceivedRequest) -> Answer | None:
        if _token(request) != self.token:
            return refusal(20003, 401)
        return refusal(20500, self.status) if self.status != 200 else None

    def _api(self, request: ReceivedRequest) -> Answer:
        if request.path.endswith("/Media.json"):
            return json_answer({"media_list": self._media(request.path.removesuffix(".json")), "next_page_uri": None})
        if request.path != f"{_MESSAGES}.json":
            return refusal(20404, 404)
        return self._page(request) if request.method == "GET" else self._send(request.form)

    def _media(self, folder: str) -> list[dict[str, Any]]:
        return [
            {"sid": name.rsplit("/", 1)[1], "uri": f"{name}.json", "content_type": "image/jpeg"}
            for name in self.files
            if name.startswith(f"{folder}/")
        ]

    def _page(self, request: ReceivedRequest) -> Answer:
        matches = [message for message in reversed(self.messages) if _matches_query(message, request.query)]
        number = int(request.query.get("Page", "0"))
        end = (number + 1) * self.page_size
        next_page = f"{request.path}?{urlencode(request.query | {'Page': number + 1})}" if len(matches) > end else None
        return json_answer({"messages": matches[number * self.page_size : end], "next_page_uri": next_page})

    def _send(self, fields: dict[str, str]) -> Answer:
        message = {
            "sid": f"SM{len(self.messages):032x}", "direction": "outbound-api", "status": "queued",
            "date_sent": None, "date_created": None, "to": fields["To"], "body": fields["Body"],
        }  # fmt: skip
        self.messages.append(message)
        return json_answer(message, 201)


def file(body: bytes = b"", status: int = 200, **options: Any) -> Answer:
    """Return the answer to a request for a file."""
    return Answer(status, body, **options)


def refusal(code: int, status: int = 400, *, has_effect: bool = False) -> Answer:
    """Return an error in the format of most of Twilio's API."""
    return json_answer(
        {"code": code, "message": "no", "more_info": "", "status": status}, status, has_effect=has_effect
    )


def problem(code: int, status: int = 400) -> Answer:
    """Return the same error in the format of newer parts of the API (RFC 9457)."""
    return json_answer({"type": "about:blank", "title": "no", "status": status, "code": code}, status)


def limited(seconds: int | None = None) -> Answer:
    """Return 429 with an optional Retry-After."""
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return json_answer({"code": 20429, "message": "no", "status": 429}, 429, headers)


def _token(request: ReceivedRequest) -> str:
    """Return the token of this account's credentials, empty for another account."""
    credentials = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
    account, _, token = credentials.partition(":")
    return token if account == ACCOUNT else ""


def _matches_query(message: dict[str, Any], query: dict[str, str]) -> bool:
    """Return whether a message matches the query. A message that has no time yet matches any time."""
    if query.get("To", message["to"]) != message["to"]:
        return False
    if "DateSent>" not in query or message["date_sent"] is None:
        return True
    return parsedate_to_datetime(message["date_sent"]) >= datetime.fromisoformat(query["DateSent>"])

"""A Twilio on loopback: one account's messages, those it received for us and those we send, and what came with them."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from tests.support.loopback import Answer, Asked, Loopback, shaped

ACCOUNT = "AC" + "0" * 32
TOKEN = "twilio-test"

_MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
# Where files are that Twilio sends on to: whoever knows the address may have them.
_STORAGE = "/storage/"


@dataclass
class LoopbackTwilio(Loopback):
    """`messages` are oldest first, `files` by their path. Any `status` but 200 is what it answers to all it lists.

    The script is for what sends; lists and files are answered as they are.
    """

    token: str = TOKEN
    page_size: int = 50
    status: int = 200
    messages: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, Answer] = field(default_factory=dict)

    def scripted(self, asked: Asked) -> bool:
        """See `Loopback`."""
        return asked.method == "POST"

    @property
    def sends(self) -> list[dict[str, str]]:
        """The fields of each request to send."""
        return [asked.form for asked in self.asked if asked.method == "POST"]

    @property
    def tokens(self) -> list[str]:
        """The token that each request was made with, empty without one."""
        return [_token(asked) for asked in self.asked]

    def received(self, sid: str, at: datetime, body: str, sender: str, **more: Any) -> None:
        """A message came in, after those that are there."""
        moment = format_datetime(at.astimezone(UTC))
        made: dict[str, Any] = {
            "sid": sid, "account_sid": ACCOUNT, "from": sender, "to": "1708", "body": body, "direction": "inbound",
            "date_sent": moment, "date_created": moment, "date_updated": moment, "num_media": "0", "num_segments": "1",
            "messaging_service_sid": None, "status": "received", "api_version": "2010-04-01", "price": None,
            "uri": f"{_MESSAGES}/{sid}.json", "subresource_uris": {},
        }  # fmt: skip
        self.messages.append(made | more)

    def media_url(self, message: str, sid: str) -> str:
        """Where a file is."""
        return f"{self.url}{_MESSAGES}/{message}/Media/{sid}"

    def usual(self, asked: Asked) -> Answer:
        """See `Loopback`."""
        stored = self.files.get(asked.path)
        if stored and (asked.path.startswith(_STORAGE) or _token(asked) == self.token):
            return stored
        return self._refusal(asked) or self._api(asked)

    def _refusal(self, asked: Asked) -> Answer | None:
        if _token(asked) != self.token:
            return refusal(20003, 401)
        return refusal(20500, self.status) if self.status != 200 else None

    def _api(self, asked: Asked) -> Answer:
        if asked.path.endswith("/Media.json"):
            return shaped({"media_list": self._media(asked.path.removesuffix(".json")), "next_page_uri": None})
        if asked.path != f"{_MESSAGES}.json":
            return refusal(20404, 404)
        return self._page(asked) if asked.method == "GET" else self._taken(asked.form)

    def _media(self, folder: str) -> list[dict[str, Any]]:
        return [
            {"sid": name.rsplit("/", 1)[1], "uri": f"{name}.json", "content_type": "image/jpeg"}
            for name in self.files
            if name.startswith(f"{folder}/")
        ]

    def _page(self, asked: Asked) -> Answer:
        found = [made for made in reversed(self.messages) if _is_asked_for(made, asked.query)]
        number = int(asked.query.get("Page", "0"))
        end = (number + 1) * self.page_size
        following = f"{asked.path}?{urlencode(asked.query | {'Page': number + 1})}" if len(found) > end else None
        return shaped({"messages": found[number * self.page_size : end], "next_page_uri": following})

    def _taken(self, said: dict[str, str]) -> Answer:
        message = {
            "sid": f"SM{len(self.messages):032x}", "direction": "outbound-api", "status": "queued",
            "date_sent": None, "date_created": None, "to": said["To"], "body": said["Body"],
        }  # fmt: skip
        self.messages.append(message)
        return shaped(message, 201)


def file(body: bytes = b"", status: int = 200, **how: Any) -> Answer:
    """What a request for a file is answered."""
    return Answer(status, body, **how)


def refusal(code: int, status: int = 400, *, taken: bool = False) -> Answer:
    """An error as most of Twilio's API says it."""
    return shaped({"code": code, "message": "no", "more_info": "", "status": status}, status, taken=taken)


def problem(code: int, status: int = 400) -> Answer:
    """The same as newer parts of its API say it (RFC 9457)."""
    return shaped({"type": "about:blank", "title": "no", "status": status, "code": code}, status)


def limited(seconds: int | None = None) -> Answer:
    """429."""
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    return shaped({"code": 20429, "message": "no", "status": 429}, 429, headers)


def _token(asked: Asked) -> str:
    """What the account proves itself with; empty of another account too."""
    said = base64.b64decode(asked.headers.get("authorization", "").removeprefix("Basic ")).decode()
    account, _, token = said.partition(":")
    return token if account == ACCOUNT else ""


def _is_asked_for(made: dict[str, Any], query: dict[str, str]) -> bool:
    """What has no time yet is, whatever the time."""
    if query.get("To", made["to"]) != made["to"]:
        return False
    if "DateSent>" not in query or made["date_sent"] is None:
        return True
    return parsedate_to_datetime(made["date_sent"]) >= datetime.fromisoformat(query["DateSent>"])

"""Twilio's messages on loopback: it knows its account, keeps what it takes, and lists it."""

import base64
from dataclasses import dataclass, field
from typing import Any

from tests.replies.loopback import Answer, Asked, Loopback, shaped

ACCOUNT = "AC" + "0" * 32
TOKEN = "twilio-test"


@dataclass
class LoopbackTwilio(Loopback):
    """`messages` are oldest first. The script is for what sends; lists are answered as they are."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    def scripted(self, asked: Asked) -> bool:
        """See `Loopback`."""
        return asked.method == "POST"

    @property
    def sends(self) -> list[dict[str, str]]:
        """The fields of each request to send."""
        return [asked.form for asked in self.asked if asked.method == "POST"]

    def usual(self, asked: Asked) -> Answer:
        """See `Loopback`."""
        known = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if asked.headers.get("authorization") != f"Basic {known}":
            return refusal(20003, 401)
        if asked.path != f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
            return refusal(20404, 404)
        if asked.method == "GET":
            to = asked.query.get("To")
            found = [message for message in reversed(self.messages) if message["to"] == to]
            return shaped({"messages": found, "page": 0, "page_size": 20, "next_page_uri": None})
        said = asked.form
        message = {"sid": f"SM{len(self.messages):032x}", "to": said["To"], "body": said["Body"], "status": "queued"}
        self.messages.append(message)
        return shaped(message, 201)


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

"""X's posts and messages on loopback: it verifies OAuth 1.0a for the address it has itself, and keeps what it gets."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from oauthlib.oauth1 import Client  # type: ignore[import-untyped]

from tests.support.loopback import Answer, Loopback, ReceivedRequest, json_answer

CONSUMER = ("consumer-key", "consumer-secret")
ACCESS = ("access-token", "access-secret")


@dataclass
class LoopbackX(Loopback):
    """`posts` and `messages` (by account) are what was said."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)

    def usual_answer(self, request: ReceivedRequest) -> Answer:
        """See `Loopback`."""
        if request.headers.get("authorization") != self._signed(request):
            return refusal(401, "about:blank")
        if request.path == "/2/tweets":
            if any(post["text"] == request.json["text"] for post in self.posts):
                return refusal(403, "about:blank")
            self.posts.append(request.json)
            return json_answer({"data": {"id": str(3_000 + len(self.posts)), "text": request.json["text"]}}, 201)
        if found := re.fullmatch(r"/2/dm_conversations/with/([0-9]+)/messages", request.path):
            self.messages.append((found[1], request.json["text"]))
            return json_answer(
                {"data": {"dm_conversation_id": "1-2", "dm_event_id": str(9_000 + len(self.messages))}}, 201
            )
        return refusal(404, "about:blank")

    def _signed(self, request: ReceivedRequest) -> str:
        """The header that the right keys make of this request."""
        said = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers.get("authorization", "")))
        client = Client(
            *CONSUMER,
            *ACCESS,
            nonce=unquote(said.get("oauth_nonce", "")),
            timestamp=said.get("oauth_timestamp", ""),
        )
        _, headers, _ = client.sign(self.url + request.path, request.method)
        return str(headers["Authorization"])


def refusal(status: int, kind: str, **headers: str) -> Answer:
    """An error as X says it."""
    return json_answer({"title": "no", "detail": "no", "type": kind, "status": status}, status, headers)


def limited(reset: int | None = None) -> Answer:
    """429; `reset` is when X will answer again, in seconds since 1970. Without it the month is used up."""
    kind = "https://api.twitter.com/2/problems/usage-capped" if reset is None else "about:blank"
    return refusal(429, kind, **({} if reset is None else {"x-rate-limit-reset": str(reset)}))

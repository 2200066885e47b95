"""Loopback of X's posts and messages. It verifies OAuth 1.0a for its own address and records what it gets."""

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
    """Loopback of X. `posts` and `messages` (by account) are the received ones."""

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
        if conversation := re.fullmatch(r"/2/dm_conversations/with/([0-9]+)/messages", request.path):
            self.messages.append((conversation[1], request.json["text"]))
            return json_answer(
                {"data": {"dm_conversation_id": "1-2", "dm_event_id": str(9_000 + len(self.messages))}}, 201
            )
        return refusal(404, "about:blank")

    def _signed(self, request: ReceivedRequest) -> str:
        """Return the header that the right keys give for this request."""
        oauth_fields = dict(re.findall(r'(oauth_\w+)="([^"]*)"', request.headers.get("authorization", "")))
        client = Client(
            *CONSUMER,
            *ACCESS,
            nonce=unquote(oauth_fields.get("oauth_nonce", "")),
            timestamp=oauth_fields.get("oauth_timestamp", ""),
        )
        _, headers, _ = client.sign(self.url + request.path, request.method)
        return str(headers["Authorization"])


def refusal(status: int, kind: str, **headers: str) -> Answer:
    """Return an error in X's form."""
    return json_answer({"title": "no", "detail": "no", "type": kind, "status": status}, status, headers)


def limited(reset: int | None = None) -> Answer:
    """Return a 429. `reset` is X's reset time in seconds since 1970; without it the monthly quota is used up."""
    kind = "https://api.twitter.com/2/problems/usage-capped" if reset is None else "about:blank"
    return refusal(429, kind, **({} if reset is None else {"x-rate-limit-reset": str(reset)}))

"""From one post of a page of mentions to a raw message. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ingest.arrival import Fault, Refused
from ingest.wrap import Wrapper
from messages.shapes import Channel, RawMessage

_JSON = "application/json"


class TwitterAdapter:
    """`account` is the numeric id of the account whose mentions are read."""

    def __init__(self, wrapper: Wrapper, account: str) -> None:
        self._wrapper = wrapper
        self._account = account

    def accept(self, post: Mapping[str, Any], at: datetime) -> RawMessage:
        """The raw message of a post, with the account it was found for.

        Raises `Refused` where X sent something else than a post.
        """
        for field in ("id", "author_id", "text"):
            if not isinstance(post.get(field), str):
                raise Refused(502, "not_a_post", "X sent something else than a post.", (Fault(field, "missing"),))
        return self._wrapper.wrap(
            Channel.TWITTER, post["id"], f"x:{post['author_id']}", self._body(post), at, _JSON, "x-api"
        )

    def hold(self, post: object, at: datetime) -> RawMessage:
        """What X sent instead of a post, to be kept aside."""
        body = self._body(post)
        return self._wrapper.wrap(Channel.TWITTER, f"held:{hashlib.sha256(body).hexdigest()}", "", body, at, _JSON)

    def _body(self, post: object) -> bytes:
        return json.dumps({"account": self._account, "post": post}).encode()

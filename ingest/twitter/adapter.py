"""From one post of a page of mentions to a raw message. Pure."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import TypeGuard

from ingest.arrival import Fault, Refused
from ingest.wrap import Wrapper
from messages.shapes import Channel, RawMessage

_JSON = "application/json"
# X's ids are below 2**63, written as text.
_LONGEST_ID = 19
# A post has 25,000 characters at most; sealed and in JSON, this much still fits a record of the bus.
_MOST_BYTES = 256_000


class TwitterAdapter:
    """`account` is the numeric id of the account whose mentions are read."""

    def __init__(self, wrapper: Wrapper, account: str) -> None:
        self._wrapper = wrapper
        self._account = account

    def accept(self, post: object, at: datetime) -> RawMessage:
        """The raw message of a post, with the account it was found for.

        Raises `Refused` where X sent something else than a post.
        """
        found = post if isinstance(post, Mapping) else {}
        post_id, author = found.get("id"), found.get("author_id")
        if not is_id(post_id):
            raise _not_a_post("id")
        if not is_id(author):
            raise _not_a_post("author_id")
        if not isinstance(found.get("text"), str):
            raise _not_a_post("text")
        body = self._body(post)
        if len(body) > _MOST_BYTES:
            raise _not_a_post("length")
        return self._wrapper.wrap(Channel.TWITTER, post_id, f"x:{author}", body, at, _JSON, "x-api")

    def hold(self, post: object, at: datetime) -> RawMessage:
        """What X sent instead of a post, to be kept aside; of what is too large for that, which it was."""
        body = self._body(post)
        digest = hashlib.sha256(body).hexdigest()
        if len(body) > _MOST_BYTES:
            body = self._body({"bytes": len(body), "sha256": digest})
        return self._wrapper.wrap(Channel.TWITTER, f"held:{digest}", "", body, at, _JSON)

    def _body(self, post: object) -> bytes:
        return json.dumps({"account": self._account, "post": post}).encode()


def is_id(found: object) -> TypeGuard[str]:
    """Whether this is an id as X writes them."""
    return isinstance(found, str) and len(found) <= _LONGEST_ID and found.isascii() and found.isdigit()


def _not_a_post(field: str) -> Refused:
    return Refused(502, "not_a_post", "X sent something else than a post.", (Fault(field, "missing"),))

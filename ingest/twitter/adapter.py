"""From one post of a page of mentions to a raw message. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

from ingest.arrival import FieldError, Refused
from ingest.twitter.channel import CHANNEL
from ingest.wrap import Wrapper
from messages.shapes import RawMessage

_JSON = "application/json"
# X's ids are below 2**63, written as text.
_LONGEST_ID = 19
# A post has 25,000 characters at most; sealed and in JSON, this much still fits a record of the bus.
_MOST_BYTES = 256_000
# X is renaming tweets to posts, field by field: both names are read.
_HISTORY = ("edit_history_tweet_ids", "edit_history_post_ids")


@dataclass(frozen=True, slots=True)
class Found:
    """A post as X gave it, X's description of its pictures, and the versions that its author wrote before it."""

    post: object
    media: tuple[Mapping[str, Any], ...] = ()
    earlier: tuple[object, ...] = ()

    @property
    def age(self) -> int:
        """The post's id as the number it is: ids grow with time. 0 where it has none."""
        found = self._field("id")
        return int(found) if is_id(found) else 0

    @property
    def first(self) -> str | None:
        """The id of the first version, which is the post's for ever; `None` where it has none."""
        for history in (self._field(name) for name in _HISTORY):
            if isinstance(history, list) and history and is_id(first := history[0]):
                return first
        own = self._field("id")
        return own if is_id(own) else None

    @property
    def author(self) -> str:
        """Whose post it is, as text."""
        return str(self._field("author_id"))

    @property
    def photos(self) -> list[str]:
        """Where its pictures are, in their order."""
        return [place for media in self.media if isinstance(place := media.get("url"), str)]

    @property
    def previews(self) -> list[str]:
        """Of its videos, where the pictures are that stand for them."""
        return [place for media in self.media if isinstance(place := media.get("preview_image_url"), str)]

    @property
    def came_with(self) -> int:
        """How many pictures and videos its author added, whether X describes them or not."""
        return len(_media_keys(self.post))

    def _field(self, name: str) -> object:
        return self.post.get(name) if isinstance(self.post, Mapping) else None


class TwitterAdapter:
    """`account` is the numeric id of the account whose mentions are read."""

    def __init__(self, wrapper: Wrapper, account: str) -> None:
        self._wrapper = wrapper
        self._account = account

    def accept(self, found: Found, at: datetime) -> RawMessage:
        """The raw message of a post, with the account it was found for and what X says of its pictures.

        Its id is the first version's; a later version adds its own, so that each is a message and none is lost.
        Raises `Refused` where X sent something else than a post.
        """
        post = found.post if isinstance(found.post, Mapping) else {}
        post_id, author, first = post.get("id"), post.get("author_id"), found.first
        if not is_id(post_id) or first is None:
            raise _not_a_post("id")
        if not is_id(author):
            raise _not_a_post("author_id")
        if not isinstance(post.get("text"), str):
            raise _not_a_post("text")
        body = self._body(found)
        if len(body) > _MOST_BYTES:
            raise _not_a_post("length")
        provider_id = post_id if post_id == first else f"{first}:{post_id}"
        return self._wrapper.wrap(CHANNEL.name, provider_id, f"x:{author}", body, at, _JSON, "x-api")

    def hold(self, post: object, at: datetime) -> RawMessage:
        """What X sent instead of a post, to be kept aside; of what is too large for that, which it was."""
        body = self._body(Found(post))
        digest = hashlib.sha256(body).hexdigest()
        if len(body) > _MOST_BYTES:
            body = self._body(Found({"bytes": len(body), "sha256": digest}))
        return self._wrapper.wrap(CHANNEL.name, f"held:{digest}", "", body, at, _JSON)

    def _body(self, found: Found) -> bytes:
        said: dict[str, object] = {"account": self._account, "post": found.post}
        if found.earlier:
            said["earlier"] = found.earlier
        if found.media:
            said["media"] = found.media
        return json.dumps(said).encode()


def found_in(page: Mapping[str, Any]) -> list[Found]:
    """The posts of a page, each with what the page includes about its own media.

    Posts and users that a page includes besides are others' words and are not kept.
    """
    includes = page.get("includes")
    media = includes.get("media") if isinstance(includes, Mapping) else None
    known = {_key(one): one for one in media if isinstance(one, Mapping)} if isinstance(media, list) else {}
    return [
        Found(post, tuple(known[key] for key in _media_keys(post) if key in known)) for post in page.get("data", [])
    ]


def versions(found: Iterable[Found]) -> list[Found]:
    """In the order of their age, and of several versions of one post only the last, with the others inside it."""
    kept: list[Found | None] = []
    last: dict[tuple[str, str], int] = {}
    for one in sorted(found, key=lambda one: one.age):
        matter = (one.first or f"unknown {len(kept)}", one.author)
        before = kept[last[matter]] if matter in last else None
        folded = replace(one, earlier=(*before.earlier, before.post)) if before and before.age < one.age else one
        if folded.earlier and _fits(folded):
            kept[last[matter]] = None
        else:
            folded = one
        last[matter] = len(kept)
        kept.append(folded)
    return [one for one in kept if one]


def _fits(found: Found) -> bool:
    """Whether the versions of a post are one message; else each is its own."""
    return len(json.dumps([*found.earlier, found.post])) <= _MOST_BYTES // 2


def is_id(found: object) -> TypeGuard[str]:
    """Whether this is an id as X writes them."""
    return isinstance(found, str) and len(found) <= _LONGEST_ID and found.isascii() and found.isdigit()


def _media_keys(post: object) -> list[str]:
    attachments = post.get("attachments") if isinstance(post, Mapping) else None
    keys = attachments.get("media_keys") if isinstance(attachments, Mapping) else None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def _key(media: Mapping[str, Any]) -> str:
    return str(media.get("media_key"))


def _not_a_post(field: str) -> Refused:
    return Refused("not_a_post", (FieldError(field, "missing"),))

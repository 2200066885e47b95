"""Turns one post of a page of mentions into a raw message. Pure."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeGuard

from ingest.twitter.channel import CHANNEL
from ingest.wrap import Wrapper
from messages.shapes import RawMessage
from pages.refusals import FieldError, Refused

_JSON = "application/json"
# X's ids are below 2**63, written as decimal text.
_MAX_ID_DIGITS = 19
# A post has at most 25,000 characters. Sealed and in JSON, this size still fits a record of the bus.
_MAX_BODY_BYTES = 256_000
# Versions of one post share a message up to half of that: the rest is for the description of its pictures.
_MAX_VERSIONS_BYTES = _MAX_BODY_BYTES // 2
# X is renaming tweets to posts, field by field. Both names are read.
_HISTORY_FIELDS = ("edit_history_tweet_ids", "edit_history_post_ids")


@dataclass(frozen=True, slots=True)
class ReceivedPost:
    """Post as X sent it, X's description of its media, and the earlier versions of the post."""

    post: object
    media: tuple[Mapping[str, Any], ...] = ()
    earlier_versions: tuple[object, ...] = ()

    @property
    def numeric_id(self) -> int:
        """Post's id as a number; newer posts have higher ids. 0 if the post has no valid id."""
        post_id = self._field("id")
        return int(post_id) if is_id(post_id) else 0

    @property
    def first_version_id(self) -> str | None:
        """Id of the first version, which never changes; `None` if there is none."""
        for history in (self._field(name) for name in _HISTORY_FIELDS):
            if isinstance(history, list) and history and is_id(history[0]):
                return str(history[0])
        post_id = self._field("id")
        return post_id if is_id(post_id) else None

    @property
    def provider_id(self) -> str:
        """Id of the first version, with that of a later version behind it. The post has a valid id."""
        first_version_id, post_id = self.first_version_id, self._field("id")
        return str(post_id) if post_id == first_version_id else f"{first_version_id}:{post_id}"

    @property
    def author_id(self) -> str:
        """Id of the author as text, valid or not."""
        return str(self._field("author_id"))

    @property
    def photo_urls(self) -> list[str]:
        """Addresses of its pictures, in order."""
        return [url for media in self.media if isinstance(url := media.get("url"), str)]

    @property
    def preview_urls(self) -> list[str]:
        """Addresses of the preview pictures of its videos."""
        return [url for media in self.media if isinstance(url := media.get("preview_image_url"), str)]

    @property
    def media_count(self) -> int:
        """Number of pictures and videos that the author attached, described by X or not."""
        return len(_media_keys(self.post))

    def _field(self, name: str) -> object:
        return self.post.get(name) if isinstance(self.post, Mapping) else None


class TwitterAdapter:
    """Wraps posts. `account` is the numeric id of the account whose mentions are read."""

    def __init__(self, wrapper: Wrapper, account: str) -> None:
        self._wrapper = wrapper
        self._account = account

    def accept(self, received: ReceivedPost, at: datetime) -> RawMessage:
        """Return the raw message of a post. It contains the mentioned account and X's description of the pictures.

        The message id is made from the id of the first version. A later version adds its own id, so that each version
        is a message and none is lost. Raises `Refused` if X sent something that is not a post.
        """
        post = received.post if isinstance(received.post, Mapping) else {}
        post_id, author_id, first_version_id = post.get("id"), post.get("author_id"), received.first_version_id
        if not is_id(post_id) or first_version_id is None:
            raise _not_a_post("id")
        if not is_id(author_id):
            raise _not_a_post("author_id")
        if not isinstance(post.get("text"), str):
            raise _not_a_post("text")
        body = self._body(received)
        if len(body) > _MAX_BODY_BYTES:
            raise _not_a_post("length")
        return self._wrapper.wrap(CHANNEL.name, received.provider_id, f"x:{author_id}", body, at, _JSON, "x-api")

    def wrap_quarantined(self, content: object, at: datetime) -> RawMessage:
        """Return the message to quarantine for content that is not a post.

        Of content that is too large, only its size and SHA-256 are kept.
        """
        body = self._body(ReceivedPost(content))
        digest = hashlib.sha256(body).hexdigest()
        if len(body) > _MAX_BODY_BYTES:
            body = self._body(ReceivedPost({"bytes": len(body), "sha256": digest}))
        return self._wrapper.wrap(CHANNEL.name, f"held:{digest}", "", body, at, _JSON)

    def _body(self, received: ReceivedPost) -> bytes:
        fields: dict[str, object] = {"account": self._account, "post": received.post}
        if received.earlier_versions:
            fields["earlier"] = received.earlier_versions
        if received.media:
            fields["media"] = received.media
        return json.dumps(fields).encode()


def posts_of_page(page: Mapping[str, Any]) -> list[ReceivedPost]:
    """Return the posts of a page, each with X's description of its own media.

    Other posts and users that the page includes are not stored: they are other people's text.
    """
    includes = page.get("includes")
    media_list = includes.get("media") if isinstance(includes, Mapping) else None
    media_by_key: dict[str, Mapping[str, Any]] = {}
    for media in media_list if isinstance(media_list, list) else ():
        if isinstance(media, Mapping):
            media_by_key[str(media.get("media_key"))] = media
    return [
        ReceivedPost(post, tuple(media_by_key[key] for key in _media_keys(post) if key in media_by_key))
        for post in page.get("data", [])
    ]


def fold_versions(posts: Iterable[ReceivedPost]) -> list[ReceivedPost]:
    """Return the posts, oldest first. Of several versions of one post, return the last, which holds the earlier ones.

    Versions that are too large for one message stay separate.
    """
    folded_posts: list[ReceivedPost | None] = []
    last_index: dict[tuple[str, str], int] = {}
    for post in sorted(posts, key=lambda post: post.numeric_id):
        identity = (post.first_version_id or f"unknown {len(folded_posts)}", post.author_id)
        previous_index = last_index.get(identity)
        previous_version = None if previous_index is None else folded_posts[previous_index]
        folded = _fold(previous_version, post)
        if previous_index is not None and folded is not post:
            folded_posts[previous_index] = None
        last_index[identity] = len(folded_posts)
        folded_posts.append(folded)
    return [post for post in folded_posts if post]


def _fold(previous_version: ReceivedPost | None, post: ReceivedPost) -> ReceivedPost:
    """Return `post` with the previous version inside it, or `post` itself if it is not newer or too large."""
    if previous_version is None or previous_version.numeric_id >= post.numeric_id:
        return post
    earlier_versions = (*previous_version.earlier_versions, previous_version.post)
    if len(json.dumps([*earlier_versions, post.post])) > _MAX_VERSIONS_BYTES:
        return post
    return replace(post, earlier_versions=earlier_versions)


def is_id(value: object) -> TypeGuard[str]:
    """Return True if `value` is an id in X's format."""
    return isinstance(value, str) and len(value) <= _MAX_ID_DIGITS and value.isascii() and value.isdigit()


def _media_keys(post: object) -> list[str]:
    attachments = post.get("attachments") if isinstance(post, Mapping) else None
    keys = attachments.get("media_keys") if isinstance(attachments, Mapping) else None
    return [key for key in keys if isinstance(key, str)] if isinstance(keys, list) else []


def _not_a_post(field: str) -> Refused:
    return Refused("not_a_post", (FieldError(field, "missing"),))

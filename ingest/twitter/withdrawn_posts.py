"""Asks X whether recent posts still exist, and publishes an oversight event for each withdrawn post.

A withdrawn post is one that its author deleted or made protected. It stays a complaint, but must not be shown as a
post: X's developer policy requires that within a day. X offers compliance streams to enterprises only, so each post is
looked up once a day.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import structlog

from bus.port import Outgoing, Producer
from ingest.twitter.adapter import is_id
from ingest.twitter.client import MAX_POSTS_PER_PAGE, XClient
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT

_SOURCE = "/satu-pintu/ingest"
_CHECK_INTERVAL = timedelta(days=1)
# Reasons by the last part of the address that is the type of X's error.
_REASONS: Mapping[str, Literal["deleted", "protected"]] = {
    "resource-not-found": "deleted",
    "not-authorized-for-resource": "protected",
}
# X is renaming tweets to posts.
_POST_TYPES = {"tweet", "post"}

_log = structlog.get_logger()


class WithdrawnPost(NamedTuple):
    """Post that must not be shown any more, by X's id."""

    post_id: str
    reason: Literal["deleted", "protected"]


def withdrawn_posts_of_lookup(page: Mapping[str, Any]) -> list[WithdrawnPost]:
    """Return the withdrawn posts of a lookup. X lists one error for each."""
    errors = page.get("errors")
    withdrawn_posts = []
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, Mapping) or error.get("resource_type", "tweet") not in _POST_TYPES:
            continue
        reason = _REASONS.get(str(error.get("type")).rpartition("/")[2])
        post_id = error.get("resource_id")
        if reason and is_id(post_id):
            withdrawn_posts.append(WithdrawnPost(post_id, reason))
    return withdrawn_posts


class WithdrawnPostCheck:
    """Checks posts once a day, for `days` days after they were received."""

    def __init__(
        self,
        source: XClient,
        posts: PostStore,
        budget: ReadBudget,
        producer: Producer,
        now: Callable[[], datetime],
        days: int,
    ) -> None:
        self._source = source
        self._posts = posts
        self._budget = budget
        self._producer = producer
        self._now = now
        self._retention = timedelta(days=days)

    def check_due_posts(self) -> int:
        """Look up the posts that are due, up to a hundred. Return how many are withdrawn."""
        now = self._now()
        self._posts.forget_received_before(now - self._retention)
        remaining_reads = self._budget.require_reads()
        max_posts = min(MAX_POSTS_PER_PAGE, remaining_reads or MAX_POSTS_PER_PAGE)
        due_posts = self._posts.due(now - _CHECK_INTERVAL, max_posts)
        if not due_posts:
            return 0
        page = self._source.lookup(list(due_posts))
        self._budget.count_reads(len(page.get("data") or ()))
        withdrawn = {
            due_posts[post.post_id]: post for post in withdrawn_posts_of_lookup(page) if post.post_id in due_posts
        }
        self._publish(withdrawn)
        self._posts.mark_checked([message_id for message_id in due_posts.values() if message_id not in withdrawn], now)
        return len(withdrawn)

    def _publish(self, withdrawn: Mapping[UUID, WithdrawnPost]) -> None:
        if withdrawn:
            self._producer.publish([self._record(message_id, post.reason) for message_id, post in withdrawn.items()])
            self._posts.forget(list(withdrawn))
            _log.info("x.posts_withdrawn", posts=len(withdrawn))

    def _record(self, message_id: UUID, reason: str) -> Outgoing:
        complaint_id = ids.complaint_id(message_id)
        event = OversightEvent(
            id=ids.event_id(complaint_id, "post-withdrawn"),
            message_id=message_id,
            at=self._now(),
            event="post-withdrawn",
            subject=complaint_id,
            reason=reason,
        )
        return Outgoing(OVERSIGHT, *codec.encode(event, str(complaint_id), _SOURCE))

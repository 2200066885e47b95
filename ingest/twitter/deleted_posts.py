"""Asks X whether the posts of the last days are still there; oversight hears of each that its author took back.

What was deleted or made protected stays a complaint, but is not to be shown as a post: X's developer policy asks for
that within a day. Real compliance streams are for enterprises; a look at each post once a day is what everybody has.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple
from uuid import UUID

import structlog

from bus.port import Outgoing, Producer
from ingest.twitter.adapter import is_id
from ingest.twitter.client import MOST_AT_ONCE, Posts
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from messages import codec, ids
from messages.shapes import OversightEvent
from messages.topics import OVERSIGHT

_SOURCE = "/satu-pintu/ingest"
_AGAIN = timedelta(days=1)
# The last part of the address that is the type of X's error.
_GONE: Mapping[str, Literal["deleted", "protected"]] = {
    "resource-not-found": "deleted",
    "not-authorized-for-resource": "protected",
}

_log = structlog.get_logger()


class Withdrawn(NamedTuple):
    """A post that is not to be shown any more, by X's id."""

    post: str
    reason: Literal["deleted", "protected"]


def withdrawn_in(page: Mapping[str, Any]) -> list[Withdrawn]:
    """What a look-up of posts says is gone, each named by an error of its own."""
    errors = page.get("errors")
    found = []
    for error in errors if isinstance(errors, list) else ():
        if not isinstance(error, Mapping) or error.get("resource_type", "tweet") not in {"tweet", "post"}:
            continue
        reason = _GONE.get(str(error.get("type")).rpartition("/")[2])
        post = error.get("resource_id")
        if reason and is_id(post):
            found.append(Withdrawn(post, reason))
    return found


def withdrawn_by(event: object) -> Withdrawn | None:
    """What one line of a compliance job's result says is gone: an id, `delete`, and why."""
    if not isinstance(event, Mapping) or event.get("action") != "delete" or not is_id(post := event.get("id")):
        return None
    return Withdrawn(post, "protected" if event.get("reason") == "protected" else "deleted")


def compliance_events(text: str) -> Iterator[object]:
    """The lines of a compliance job's result; what is no JSON is no event."""
    for line in text.splitlines():
        with suppress(ValueError, RecursionError):
            yield json.loads(line)


class Withdrawals:
    """`days` is how long a post is asked about after it was taken in."""

    def __init__(
        self,
        lookup: Posts,
        posts: PostStore,
        budget: ReadBudget,
        producer: Producer,
        now: Callable[[], datetime],
        days: int,
    ) -> None:
        self._lookup = lookup
        self._posts = posts
        self._budget = budget
        self._producer = producer
        self._now = now
        self._kept = timedelta(days=days)

    def look(self) -> int:
        """Ask about the posts whose turn it is, up to a hundred; returns how many are gone."""
        now = self._now()
        self._posts.forget_before(now - self._kept)
        left = self._budget.must_have()
        due = self._posts.due(now - _AGAIN, min(MOST_AT_ONCE, left or MOST_AT_ONCE))
        if not due:
            return 0
        page = self._lookup.lookup(list(due))
        self._budget.spend(len(page.get("data") or ()))
        gone = {due[one.post]: one for one in withdrawn_in(page) if one.post in due}
        self._tell(gone)
        self._posts.asked([message for message in due.values() if message not in gone], now)
        return len(gone)

    def take(self, events: Iterable[object]) -> int:
        """Believe compliance events about posts that are remembered; returns how many those were."""
        known = self._posts.all()
        found = (one for event in events if (one := withdrawn_by(event)))
        gone = {known[one.post]: one for one in found if one.post in known}
        self._tell(gone)
        return len(gone)

    def _tell(self, gone: Mapping[UUID, Withdrawn]) -> None:
        if gone:
            self._producer.publish([self._event(message, one.reason) for message, one in gone.items()])
            self._posts.forget(list(gone))
            _log.info("x.withdrawn", posts=len(gone))

    def _event(self, message: UUID, reason: str) -> Outgoing:
        complaint = ids.complaint_id(message)
        event = OversightEvent(
            id=ids.event_id(complaint, "post-withdrawn"),
            message_id=message,
            at=self._now(),
            event="post-withdrawn",
            subject=complaint,
            reason=reason,
        )
        return Outgoing(OVERSIGHT, *codec.encode(event, str(complaint), _SOURCE))

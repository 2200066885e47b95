"""Publishes posts, however they were learned of: the poller and the stream come through here, under the same ids."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog

from bus.port import Outgoing, Producer
from ingest.arrival import Refused
from ingest.twitter.adapter import Found, TwitterAdapter, versions
from ingest.twitter.pictures import Pictures
from ingest.twitter.recent_posts import PostStore
from ingest.wrap import accepted_record, quarantine_record
from messages.shapes import RawMessage

# For the pictures of all posts that are kept at once: what does not come by then is missing from its report.
_PICTURES_SECONDS = 20.0

_log = structlog.get_logger()


class Intake:
    """`posts` remembers what may be withdrawn later; `None` where nobody will ask."""

    def __init__(
        self,
        adapter: TwitterAdapter,
        pictures: Pictures,
        producer: Producer,
        posts: PostStore | None,
        now: Callable[[], datetime],
    ) -> None:
        self._adapter = adapter
        self._pictures = pictures
        self._producer = producer
        self._posts = posts
        self._now = now

    def keep(self, found: Sequence[Found]) -> None:
        """Durable when it returns. What is kept twice has the same ids. Raises `Retry` and `DatabaseUnavailable`."""
        until = self._pictures.until(_PICTURES_SECONDS)
        kept: list[RawMessage] = []
        records: list[Outgoing] = []
        for one in versions(found):
            try:
                kept.append(self._accept(one, until))
                records.append(accepted_record(kept[-1]))
            except Refused as refused:
                records += self._hold((*one.earlier, one.post), refused.reason)
        self._producer.publish(records)
        if self._posts:
            self._posts.remember(kept)

    def hold(self, what: object, reason: str) -> None:
        """Keep aside what is no post."""
        self._producer.publish(list(self._hold((what,), reason)))

    def _accept(self, found: Found, until: float) -> RawMessage:
        raw = self._adapter.accept(found, self._now())
        if not found.came_with:
            return raw
        photos = self._pictures.keep(found.photos, raw.at, until)
        previews = self._pictures.keep(found.previews, raw.at, until)
        # Of a video only the picture is kept that stands for it.
        unfetched = max(found.came_with - len(photos), 0)
        return raw.model_copy(update={"attachments": (*photos, *previews), "unfetched": unfetched})

    def _hold(self, posts: Sequence[object], reason: str) -> Iterator[Outgoing]:
        for post in posts:
            kept = self._adapter.hold(post, self._now())
            _log.warning("x.quarantined", message_id=str(kept.id), reason=reason)
            yield quarantine_record(kept, reason)

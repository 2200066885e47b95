"""Publishes the posts that the poller has read."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog

from bus.errors import Reject, Retry, Stop
from bus.port import Outgoing, Producer
from config.database import DatabaseUnavailable
from ingest.twitter.adapter import ReceivedPost, TwitterAdapter, fold_versions
from ingest.twitter.pictures import PictureFetcher
from ingest.twitter.recent_posts import PostStore, ReceivedMention
from ingest.wrap import accepted_record, quarantine_record
from messages.shapes import RawMessage
from pages.refusals import Refused

# Time for the pictures of all posts that are published together. A report lacks the pictures that take longer.
_PICTURES_SECONDS = 20.0
# Ids of published posts in memory: a day of mentions many times over.
_MAX_PUBLISHED_IDS = 10_000

_log = structlog.get_logger()


class Intake:
    """Publishes posts. `posts` stores them for the check for withdrawn posts; `None` if that check is off."""

    def __init__(
        self,
        adapter: TwitterAdapter,
        pictures: PictureFetcher,
        producer: Producer,
        posts: PostStore | None,
        now: Callable[[], datetime],
    ) -> None:
        self._adapter = adapter
        self._pictures = pictures
        self._producer = producer
        self._posts = posts
        self._now = now
        self._published_ids: deque[int] = deque(maxlen=_MAX_PUBLISHED_IDS)

    def publish_posts(self, received_posts: Sequence[ReceivedPost]) -> None:
        """Return when the posts are stored durably. A post that is published again has the same id.

        A post that triggers a bug is quarantined alone. Raises `Retry`, `Stop` and `DatabaseUnavailable`.
        """
        try:
            self._publish(received_posts)
        except (Retry, Stop, DatabaseUnavailable):
            raise
        except Exception:  # noqa: BLE001 - each post is tried alone, and its error is logged there
            for received in received_posts:
                self._publish_alone(received)
        self._published_ids.extend(received.numeric_id for received in received_posts)

    def has_published(self, received: ReceivedPost) -> bool:
        """Return True if this process published the post lately. A process that has just started knows of none."""
        return received.numeric_id in self._published_ids

    def _publish_alone(self, received: ReceivedPost) -> None:
        try:
            self._publish((received,))
        except (Retry, Stop, DatabaseUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - any error concerns this post alone
            _log.error("x.post_failed", exc_info=error)
            try:
                self.quarantine(received.post, "unexpected")
            except Reject:
                # The bus takes no message of this size. The id is enough to find the post on X.
                self.quarantine({"id": str(received.numeric_id)}, "unexpected")

    def _publish(self, received_posts: Sequence[ReceivedPost]) -> None:
        deadline = self._pictures.deadline_after(_PICTURES_SECONDS)
        mentions: list[ReceivedMention] = []
        records: list[Outgoing] = []
        for received in fold_versions(received_posts):
            try:
                raw = self._accept(received, deadline)
            except Refused as refused:
                records += self._quarantine_records((*received.earlier_versions, received.post), refused.reason)
            else:
                mentions.append(ReceivedMention(raw, received.provider_id))
                records.append(accepted_record(raw))
        self._producer.publish(records)
        if self._posts:
            self._posts.remember(mentions)

    def quarantine(self, content: object, reason: str) -> None:
        """Quarantine content that is not a post."""
        self._producer.publish(list(self._quarantine_records((content,), reason)))

    def _accept(self, received: ReceivedPost, deadline: float) -> RawMessage:
        raw = self._adapter.accept(received, self._now())
        if not received.media_count:
            return raw
        photos = self._pictures.fetch_and_store(received.photo_urls, raw.at, deadline)
        previews = self._pictures.fetch_and_store(received.preview_urls, raw.at, deadline)
        # Only the preview picture of a video is stored, so the video itself counts as unfetched.
        unfetched = max(received.media_count - len(photos), 0)
        return raw.model_copy(update={"attachments": (*photos, *previews), "unfetched": unfetched})

    def _quarantine_records(self, contents: Sequence[object], reason: str) -> Iterator[Outgoing]:
        for content in contents:
            raw = self._adapter.wrap_quarantined(content, self._now())
            _log.warning("x.quarantined", message_id=str(raw.id), reason=reason)
            yield quarantine_record(raw, reason)

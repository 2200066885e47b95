"""Reads each mention a second time, for posts that X indexed only after newer ones had been read.

The cursor is past such a post, so the poller alone would never read it. Cost: X returns each post twice, once to the
poller and once here; the posts of a backlog once. X bills a post once per UTC day (docs.x.com, “Usage and billing”), so
only posts that are read again after midnight cost twice. `ReadBudget` counts both.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ingest.door_store import DoorStore
from ingest.twitter.intake import Intake
from ingest.twitter.page_reader import PageReader, id_at

# Key of the cursor of the second reading: every post up to this id was read twice.
_CURSOR = "twitter.late_since_id"
# Age from which a post is read again. X indexes a mention within seconds, in an incident within minutes.
_DELAY = timedelta(minutes=5)
# Pause between two second readings. Each is one request if posts were written, none otherwise.
_PAUSE = timedelta(minutes=5)


class LatePostReader:
    """Second reading. To be called after each complete reading of the poller."""

    def __init__(self, pages: PageReader, intake: Intake, store: DoorStore, now: Callable[[], datetime]) -> None:
        self._pages = pages
        self._intake = intake
        self._store = store
        self._now = now
        self._due_at: datetime | None = None

    def read_due(self, previous_since_id: int, since_id: int, settled_id: int) -> int:
        """Publish late posts and return their number.

        The poller has just read from `previous_since_id` to `since_id`. It read the posts up to `settled_id` when they
        were old enough, so they need no second reading. Raises the errors of `PageReader.read` and of
        `Intake.publish_posts`. Then the same posts are read again.
        """
        now = self._now()
        until_id = min(settled_id_at(now), since_id)
        stored_cursor = self._store.cursor(_CURSOR)
        late_since_id = until_id if stored_cursor is None else int(stored_cursor)
        if previous_since_id <= late_since_id:
            late_since_id = max(late_since_id, min(settled_id, since_id))
        if stored_cursor is None or late_since_id > int(stored_cursor):
            self._store.raise_cursor(_CURSOR, late_since_id)
        if late_since_id >= until_id or (self._due_at is not None and now < self._due_at):
            return 0
        self._due_at = now + _PAUSE
        return self._read(late_since_id, until_id)

    def _read(self, late_since_id: int, until_id: int) -> int:
        # X leaves out `until_id` itself.
        reading = self._pages.read(str(late_since_id), str(until_id + 1))
        late_posts = [post for post in reading.posts if not self._intake.has_published(post)]
        self._intake.publish_posts(late_posts)
        if reading.is_complete:
            self._store.raise_cursor(_CURSOR, until_id)
        return len(late_posts)


def settled_id_at(moment: datetime) -> int:
    """Return the id up to which a reading at this time is complete: X has indexed these posts."""
    return id_at(moment - _DELAY)

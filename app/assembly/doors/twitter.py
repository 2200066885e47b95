"""Builds the door that reads X: the poller, and the check for withdrawn posts if the settings say so."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from app.assembly.doors.parts import DoorParts
from app.assembly.installed_channel import BackgroundDoor
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.twitter.adapter import TwitterAdapter
from ingest.twitter.channel import MENTIONS
from ingest.twitter.client import OAuthKeys, XClient
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.lease import HolderFile, Lease
from ingest.twitter.pictures import PictureFetcher
from ingest.twitter.poll_loop import PollLoop
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from ingest.twitter.withdrawn_posts import WithdrawnPostCheck

# Pause between two lookups of posts that may be withdrawn, a hundred posts each.
_RECHECK_SECONDS = 60.0
# Pause between two renewals of the lease, which lasts a minute. The other threads may wait longer than that.
_RENEW_SECONDS = 15.0


class MentionReading(NamedTuple):
    """The poller of mentions with what the other threads of the door share with it. The caller closes `holder`."""

    door: TwitterDoor
    lease: Lease
    holder: HolderFile


def twitter_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return the door that reads mentions. Of all processes, one at a time reads them: the holder of the lease."""
    settings = parts.settings
    if not (settings.has_x or settings.practice_x):
        return (BackgroundDoor(MENTIONS.name, lambda: "no_x_token", ()),)
    door, lease, holder = mention_reading(parts, producer, stopping)

    def hold_lease() -> None:
        PollLoop("lease", lease.is_held, parts.now, _RENEW_SECONDS, stopping, lease).run()
        lease.release()
        holder.close()

    def threads() -> Iterator[tuple[str, Callable[[], None]]]:
        yield MENTIONS.name, door.run
        yield "x-lease", hold_lease
        if settings.x_recheck_days:
            check_posts = withdrawn_post_check(parts, producer).check_due_posts
            yield "x-recheck", PollLoop("recheck", check_posts, parts.now, _RECHECK_SECONDS, stopping, lease).run

    return (BackgroundDoor(MENTIONS.name, door.why_shut, tuple(threads())),)


def mention_reading(parts: DoorParts, producer: Producer, stopping: threading.Event) -> MentionReading:
    """Return the poller of mentions and its parts."""
    settings = parts.settings
    adapter = TwitterAdapter(parts.wrapper, settings.x_user_id)
    pictures = PictureFetcher(parts.attachments, settings.x_media_from, parts.clock.monotonic)
    posts = PostStore(parts.engine, parts.sealer) if settings.x_recheck_days else None
    intake = Intake(adapter, pictures, producer, posts, parts.now)
    store = DoorStore(parts.engine)
    initial_period = timedelta(hours=settings.x_since_hours)
    holder = HolderFile(settings.home / "x-reader.lock", lambda: str(parts.randomness.new_id()))
    lease = Lease(parts.engine, MENTIONS.name, holder.identity, parts.now)
    door = TwitterDoor(
        _client(parts), intake, read_budget(parts), store, parts.now, settings.x_pause, stopping, initial_period, lease
    )
    return MentionReading(door, lease, holder)


def read_budget(parts: DoorParts) -> ReadBudget:
    """Return the count of posts that were read from X, and its limit."""
    return ReadBudget(DoorStore(parts.engine), parts.settings.x_reads_per_day, parts.now)


def reads_today(parts: DoorParts) -> dict[str, object]:
    """Return how many posts were read from X today (UTC), as JSON; `limit` is null if there is none."""
    reads = read_budget(parts).today()
    return {"day": str(reads.day), "used": reads.used, "limit": reads.limit or None}


def withdrawn_post_check(parts: DoorParts, producer: Producer) -> WithdrawnPostCheck:
    """Return the check for posts that were deleted or made protected."""
    posts = PostStore(parts.engine, parts.sealer)
    days = parts.settings.x_recheck_days
    return WithdrawnPostCheck(_client(parts), posts, read_budget(parts), producer, parts.now, days)


def _client(parts: DoorParts) -> XClient:
    settings = parts.settings
    keys = (
        settings.x_consumer_key,
        settings.x_consumer_secret,
        settings.x_access_token,
        settings.x_access_token_secret,
    )
    has_keys = bool(settings.x_access_token.get_secret_value())
    oauth_keys = OAuthKeys(*(key.get_secret_value() for key in keys)) if has_keys else None
    return XClient(settings.x_url, parts.secrets.x_token, settings.x_user_id, oauth_keys=oauth_keys)


# Posts that were read from X today, and the limit.

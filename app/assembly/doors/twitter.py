"""Builds the door that reads X: the poller, and the stream and the search for withdrawn posts where they are set."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from app.assembly.installed_channel import BackgroundDoor, DoorNumber, DoorParts
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.twitter.adapter import TwitterAdapter
from ingest.twitter.channel import MENTIONS
from ingest.twitter.client import Signing, XMentions
from ingest.twitter.deleted_posts import Withdrawals
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.pictures import Pictures
from ingest.twitter.poll_loop import Looking
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from ingest.twitter.stream import StreamDoor, XStream

# Pause between two requests for posts that may have been withdrawn, a hundred posts each.
_RECHECK_SECONDS = 60.0


def twitter_doors(parts: DoorParts, producer: Producer, stopping: threading.Event) -> Iterable[BackgroundDoor]:
    """Return the door that reads mentions."""
    settings = parts.settings
    adapter = TwitterAdapter(parts.wrapper, settings.x_user_id)
    pictures = Pictures(parts.attachments, settings.x_media_from, time.monotonic)
    posts = PostStore(parts.engine, parts.sealer) if settings.x_recheck_days else None
    intake = Intake(adapter, pictures, producer, posts, parts.now)
    reads = read_budget(parts)
    store = DoorStore(parts.engine)
    reach = timedelta(hours=settings.x_since_hours)
    door = TwitterDoor(_mentions(parts), intake, reads, store, parts.now, settings.x_pause, stopping, reach)

    def threads() -> Iterator[tuple[str, Callable[[], None]]]:
        yield MENTIONS.name, door.run
        if settings.x_stream:
            stream = XStream(settings.x_url, parts.secrets.x_token)
            yield "x-stream", StreamDoor(stream, intake, reads, parts.now, stopping).run
        if settings.x_recheck_days:
            check_posts = withdrawals(parts, producer).look
            yield "x-recheck", Looking("recheck", check_posts, parts.now, _RECHECK_SECONDS, stopping).run

    return (BackgroundDoor(MENTIONS.name, door.shut, tuple(threads())),)


def read_budget(parts: DoorParts) -> ReadBudget:
    """Return the count of posts that were read of X, and its limit."""
    return ReadBudget(DoorStore(parts.engine), parts.settings.x_reads_per_day, parts.now)


def reads_today(parts: DoorParts) -> dict[str, object]:
    """Return how many posts were read of X today (UTC), as JSON; `limit` is null where there is none."""
    reads = read_budget(parts).today()
    return {"day": str(reads.day), "used": reads.used, "limit": reads.limit or None}


def withdrawals(parts: DoorParts, producer: Producer) -> Withdrawals:
    """Return the part that learns of deleted and protected posts."""
    posts = PostStore(parts.engine, parts.sealer)
    return Withdrawals(_mentions(parts), posts, read_budget(parts), producer, parts.now, parts.settings.x_recheck_days)


def _mentions(parts: DoorParts) -> XMentions:
    settings = parts.settings
    keys = (
        settings.x_consumer_key,
        settings.x_consumer_secret,
        settings.x_access_token,
        settings.x_access_token_secret,
    )
    signing = Signing(*(key.get_secret_value() for key in keys)) if settings.x_access_token.get_secret_value() else None
    return XMentions(settings.x_url, parts.secrets.x_token, settings.x_user_id, signing=signing)


# Posts that were read of X today, and the limit.
TWITTER_NUMBERS = (DoorNumber(MENTIONS.name, "x_reads", reads_today),)

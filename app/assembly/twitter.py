"""Assembles the Twitter door: the poller, and what the settings add to it."""

import threading
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial

from app.assembly.parts import Parts, utc_now
from app.simulator.x import PracticeX, Timeline
from bus.port import Producer
from ingest.door_store import DoorStore
from ingest.twitter.adapter import TwitterAdapter
from ingest.twitter.client import Signing, XMentions
from ingest.twitter.deleted_posts import Withdrawals
from ingest.twitter.door import TwitterDoor
from ingest.twitter.intake import Intake
from ingest.twitter.pictures import Pictures
from ingest.twitter.poll_loop import Looking
from ingest.twitter.read_budget import ReadBudget
from ingest.twitter.recent_posts import PostStore
from ingest.twitter.stream import StreamDoor, XStream

# Between two looks at what may have been withdrawn, a hundred posts each.
_RECHECK_SECONDS = 60.0


def runs(
    parts: Parts, producer: Producer, stopping: threading.Event, doors: dict[str, Callable[[], str]]
) -> Iterable[tuple[str, Callable[[], None]]]:
    """What runs in a thread of its own, by name; why the door is shut is put into `doors`."""
    settings = parts.settings
    adapter = TwitterAdapter(parts.wrapper, settings.x_user_id)
    pictures = Pictures(parts.attachments, settings.x_media_from, time.monotonic)
    posts = PostStore(parts.engine, parts.sealer) if settings.x_recheck_days else None
    intake = Intake(adapter, pictures, producer, posts, utc_now)
    reads = budget(parts)
    store = DoorStore(parts.engine)
    reach = timedelta(hours=settings.x_since_hours)
    door = TwitterDoor(_x(parts), intake, reads, store, utc_now, settings.x_pause, stopping, reach)
    doors["twitter"] = door.shut
    yield "twitter", door.run
    if settings.x_stream:
        yield (
            "x-stream",
            StreamDoor(XStream(settings.x_url, parts.secrets.x_token), intake, reads, utc_now, stopping).run,
        )
    if settings.x_recheck_days:
        look = withdrawals(parts, producer).look
        yield "x-recheck", Looking("recheck", look, utc_now, _RECHECK_SECONDS, stopping).run
    if settings.practice_x:
        timeline = Timeline(settings.home / "practice-x.jsonl", utc_now)
        practice = PracticeX(timeline, settings.x_url, parts.secrets.x_token, settings.x_user_id)
        yield "practice-x", partial(practice.run, stopping)


def budget(parts: Parts) -> ReadBudget:
    """What was read of X, and what may be."""
    return ReadBudget(DoorStore(parts.engine), parts.settings.x_reads_per_day, utc_now)


def reads_today(parts: Parts) -> dict[str, object]:
    """What of that was used today (UTC), for programs; without a limit that is null."""
    reads = budget(parts).today()
    return {"day": str(reads.day), "used": reads.used, "limit": reads.limit or None}


def withdrawals(parts: Parts, producer: Producer) -> Withdrawals:
    """Learns of posts that are gone."""
    posts = PostStore(parts.engine, parts.sealer)
    return Withdrawals(_x(parts), posts, budget(parts), producer, utc_now, parts.settings.x_recheck_days)


def _x(parts: Parts) -> XMentions:
    settings = parts.settings
    keys = (
        settings.x_consumer_key,
        settings.x_consumer_secret,
        settings.x_access_token,
        settings.x_access_token_secret,
    )
    signing = Signing(*(key.get_secret_value() for key in keys)) if settings.x_access_token.get_secret_value() else None
    return XMentions(settings.x_url, parts.secrets.x_token, settings.x_user_id, signing=signing)

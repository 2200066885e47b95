"""The stages of the sinks, and what runs beside them."""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta

from app.assembly.installed_channel import ReplyRoute
from app.assembly.parts import Parts
from app.assembly.safekeeping.forgetting import destruction_loop, forget_stage
from bus.worker import Stage
from config.settings import Settings
from sinks.replies.decision import ReplyLimits
from sinks.replies.outbox import ReplyOutbox
from sinks.replies.sender import ReplySender
from sinks.replies.sink import ReplySink


def stages(parts: Parts) -> Iterable[tuple[str, Stage]]:
    """Yield the stages by their consumer groups."""
    yield "replies", ReplySink(parts.engine, parts.channels)
    yield "forget", forget_stage(parts)


def threads(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """Yield what runs once the database is ready, with the names of the threads."""
    yield from reply_senders(parts, stopping)
    yield "person-keys", destruction_loop(parts, stopping)
    if parts.settings.public_view:
        from app.assembly.doors.public_view import decisions_loop

        yield "public-view", decisions_loop(parts, stopping)


def reply_senders(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """Return a sender for each channel by its name, to be run in a thread: one that waits delays no other."""
    outbox = ReplyOutbox(parts.engine)
    key = parts.secrets.sender_key
    for installed in parts.installed_channels:
        channel, route = installed.facts.name, installed.replies
        limits = reply_limits(parts.settings, route)
        sender = ReplySender(
            channel, route.provider(parts.doors), limits, outbox, parts.sealer, key, parts.now, stopping
        )
        yield f"replies-{channel}", sender.run


def reply_limits(settings: Settings, route: ReplyRoute) -> ReplyLimits:
    """Return what may be sent on a channel."""
    return ReplyLimits(settings.replies_per_sender, route.windows(settings), timedelta(days=settings.replies_days))

"""The stages of the sinks, and what runs beside them."""

import threading
from collections.abc import Callable, Iterable

from app.assembly.parts import Parts
from app.assembly.reply_senders import reply_senders
from app.assembly.safekeeping.forgetting import destruction_loop, forget_stage
from bus.worker import Stage
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

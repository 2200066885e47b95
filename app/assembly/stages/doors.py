"""Threads of the doors: the spool, the doors that have no address, and the practice X."""

import threading
from collections.abc import Callable, Iterable
from functools import partial

from app.assembly.parts import Parts
from app.simulator.x import PracticeX, Timeline
from bus.port import Producer
from ingest.spool_drain import SpoolDrain, SpoolingProducer


def door_producer(parts: Parts) -> Producer:
    """Return the producer of the doors. While the bus is away, it stores messages in the spool."""
    return SpoolingProducer(parts.core.door_producer(), parts.doors.spool, parts.settings.instance)


def threads(
    parts: Parts, producer: Producer, doors: dict[str, Callable[[], str]], stopping: threading.Event
) -> Iterable[tuple[str, Callable[[], None]]]:
    """Yield what runs beside the HTTP doors, and add the doors without an address to `doors`."""
    yield "spool", lambda: _drain_spool(parts, stopping)
    for channel in parts.installed_channels:
        for door in channel.background_doors(parts.doors, producer, stopping):
            doors[door.name] = door.why_shut
            yield from door.threads
    yield from practice_x_threads(parts, stopping)


def _drain_spool(parts: Parts, stopping: threading.Event) -> None:
    producer = parts.bus.producer()
    try:
        SpoolDrain(parts.doors.spool, producer, parts.settings.home / "spool.lock", parts.ensure_topics, stopping).run()
    finally:
        producer.close()


def practice_x_threads(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """Return the thread that plays X by its name; none where the settings lead to the real one."""
    settings = parts.settings
    if settings.practice_x:
        timeline = Timeline(settings.home / "practice-x.jsonl", parts.now)
        start_thread = parts.threads.start_background
        practice = PracticeX(timeline, settings.x_url, parts.secrets.x_token, settings.x_user_id, start_thread)
        yield "practice-x", partial(practice.run, stopping)

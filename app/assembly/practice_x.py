"""Runs an X of our own on loopback, where the settings name neither a token nor an address of the real one."""

import threading
from collections.abc import Callable, Iterable
from functools import partial

from app.assembly.parts import Parts
from app.simulator.x import PracticeX, Timeline


def practice_x_threads(parts: Parts, stopping: threading.Event) -> Iterable[tuple[str, Callable[[], None]]]:
    """Return the thread that plays X by its name; none where the settings lead to the real one."""
    settings = parts.settings
    if settings.practice_x:
        timeline = Timeline(settings.home / "practice-x.jsonl", parts.now)
        start_thread = parts.threads.start_background
        practice = PracticeX(timeline, settings.x_url, parts.secrets.x_token, settings.x_user_id, start_thread)
        yield "practice-x", partial(practice.run, stopping)

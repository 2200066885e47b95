"""Serves the practice X to a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from app.simulator.timeline import Timeline
from app.simulator.x import PracticeX
from app.threads import system_threads

_ATTEMPTS = 200


@contextmanager
def serving_x(timeline: Timeline, url: str, token: str, account: str) -> Iterator[None]:
    """Serve a timeline at `url` until the block ends."""
    server = PracticeX(timeline, url, token, account, system_threads().start_background)
    stopping = threading.Event()
    thread = threading.Thread(target=server.run, args=(stopping,), name="practice-x")
    thread.start()
    try:
        _wait_until_served(url)
        yield
    finally:
        stopping.set()
        thread.join()


def _wait_until_served(url: str) -> None:
    for _ in range(_ATTEMPTS):
        try:
            requests.get(url, timeout=1)
        except requests.ConnectionError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the practice X did not start")

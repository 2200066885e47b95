"""Feeds a CSV of texts through the real doors over HTTP, each row once, however often a door is away meanwhile."""

import csv
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import requests

from app.assembly.parts import Parts, utc_now
from app.simulator.sender import Letter, Sender, ref_of, tracking_in
from app.simulator.wait import insist, wait_until_polled
from app.simulator.x import PracticeX, Timeline
from config.settings import is_loopback

CHANNELS = ("web", "sms", "twitter", "mobile")
_AT_ONCE = 8
# A door may be away for so long before a row is given up.
_PATIENCE_SECONDS = 180.0
_LONGEST_TEXT = 10_000


class ReplayError(ValueError):
    """The file or the settings can't be replayed; the text says what to change."""


@dataclass(slots=True)
class Outcome:
    """What the doors said: the number each row got (a post gets none at once), and why rows were turned away."""

    accepted: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def letters(path: Path) -> list[Letter]:
    """The rows of a CSV with a column `text`, and `title` and `id` or `tracking_id` if it has them."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"{path}: {error}") from error
    if not rows or "text" not in rows[0]:
        raise ReplayError(f"{path}: needs a header line with a column named 'text'")
    found = []
    for number, row in enumerate(rows, start=1):
        text = (row["text"] or "").strip()[:_LONGEST_TEXT]
        row_id = row.get("id") or row.get("tracking_id") or str(number)
        if text:
            found.append(Letter(ref_of(row_id, text), text, (row.get("title") or "").strip(), sender=number))
    return found


class Replay:
    """`told` is called once for each row that was accepted or refused."""

    def __init__(self, parts: Parts, channels: Sequence[str], told: Callable[[], None]) -> None:
        self._parts = parts
        self._channels = channels
        self._told = told
        settings, secrets = parts.settings, parts.secrets
        address = f"http://127.0.0.1:{settings.port}"
        self._sender = Sender(address, settings.reached_at, secrets.twilio_tokens[0], settings.x_url, secrets.x_token)

    def run(self, rows: Iterable[Letter]) -> Outcome:
        """Send every row by the channel whose turn it is. Raises `ReplayError`."""
        outcome = Outcome()
        with self._timeline(), ThreadPoolExecutor(_AT_ONCE) as pool:
            channels = ((self._channels[turn % len(self._channels)], row) for turn, row in enumerate(rows))
            newest = max(pool.map(lambda pair: self._send(outcome, *pair), channels), default=0)
            wait_until_polled(self._parts.settings.x_url, newest, _PATIENCE_SECONDS)
        return outcome

    def _send(self, outcome: Outcome, channel: str, letter: Letter) -> int:
        """Send until the door says yes or no; returns the id of the post, if it was one."""
        response = insist(partial(self._sender.send, channel, letter), _PATIENCE_SECONDS)
        if response is None or not (response.ok or response.status_code == requests.codes.see_other):
            outcome.refused[letter.ref] = f"{channel}: {response.status_code if response is not None else 'away'}"
            self._told()
            return 0
        outcome.accepted[letter.ref] = tracking_in(response) or ""
        self._told()
        return int(response.json()["data"]["id"]) if channel == "twitter" else 0

    @contextmanager
    def _timeline(self) -> Iterator[None]:
        """The practice X that the door polls: the service's own, one that is there, or ours for the while."""
        settings = self._parts.settings
        if "twitter" not in self._channels or settings.practice_x:
            yield
            return
        if not is_loopback(settings.x_url):
            raise ReplayError(f"SATUPINTU_X_BASE_URL is {settings.x_url}: a replay posts only to a loopback X")
        try:
            requests.get(settings.x_url, timeout=2)
        except requests.ConnectionError:
            pass
        else:
            yield
            return
        stopping = threading.Event()
        timeline = Timeline(settings.home / "practice-x.jsonl", utc_now)
        practice = PracticeX(timeline, settings.x_url, self._parts.secrets.x_token, settings.x_user_id)
        thread = threading.Thread(target=practice.run, args=(stopping,))
        thread.start()
        try:
            yield
        finally:
            stopping.set()
            thread.join()

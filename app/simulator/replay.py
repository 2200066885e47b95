"""Replay of a CSV of texts through the real doors over HTTP. Each row is accepted once, also when a door is away."""

import csv
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import requests

from app.assembly.parts import Parts
from app.simulator.row_outcomes import SentRow
from app.simulator.sender import Sender, SimulatedReport, reference_for, tracking_in
from app.simulator.wait import insist, wait_until_polled
from app.simulator.x import PracticeX, Timeline
from config.setting_values import is_loopback

CHANNELS = ("web", "sms", "twitter", "mobile")
_CONCURRENT_REQUESTS = 8
# A row is given up after a door was away for this time.
_PATIENCE_SECONDS = 180.0
_LONGEST_TEXT_CHARACTERS = 10_000


class ReplayError(ValueError):
    """The file or the settings cannot be used for a replay. The text says what to change."""


def load_reports(path: Path) -> list[SimulatedReport]:
    """Return the rows of a CSV with a column `text` and optional columns `title` and `id` or `tracking_id`.

    Rows without text are skipped. Raises `ReplayError`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReplayError(f"{path}: {error}") from error
    if not rows or "text" not in rows[0]:
        raise ReplayError(f"{path}: needs a header line with a column named 'text'")
    reports = []
    for number, row in enumerate(rows, start=1):
        text = (row["text"] or "").strip()[:_LONGEST_TEXT_CHARACTERS]
        row_id = row.get("id") or row.get("tracking_id") or str(number)
        if text:
            ref, title = reference_for(row_id, text), (row.get("title") or "").strip()
            reports.append(SimulatedReport(ref, text, title, sender=number, row=number, row_id=row_id))
    return reports


class Replay:
    """Sends reports by several channels in turn. `on_answer` is called after each accepted or refused row."""

    def __init__(self, parts: Parts, channels: Sequence[str], on_answer: Callable[[], None]) -> None:
        self._parts = parts
        self._channels = channels
        self._on_answer = on_answer
        settings, secrets = parts.settings, parts.secrets
        address = f"http://127.0.0.1:{settings.port}"
        self._sender = Sender(address, settings.reached_at, secrets.twilio_tokens[0], settings.x_url, secrets.x_token)

    def run(self, reports: Iterable[SimulatedReport]) -> Sequence[SentRow]:
        """Send every report; the channels take turns. Return the doors' answers in the order of the reports.

        Raises `ReplayError`.
        """
        with self._practice_x(), self._parts.threads.pool(_CONCURRENT_REQUESTS, "replay") as pool:
            channels = ((self._channels[turn % len(self._channels)], report) for turn, report in enumerate(reports))
            sent = list(pool.map(lambda pair: self._send(*pair), channels))
            newest_post = max((post for _, post in sent), default=0)
            wait_until_polled(self._parts.settings.x_url, newest_post, _PATIENCE_SECONDS, self._parts.clock)
        return [row for row, _ in sent]

    def _send(self, channel: str, report: SimulatedReport) -> tuple[SentRow, int]:
        """Send until the door accepts or refuses. Return the answer and the id of the post, 0 for other channels."""
        response = insist(partial(self._sender.send, channel, report), _PATIENCE_SECONDS, self._parts.clock)
        number, post, refusal = "", 0, ""
        if response is None or not (response.ok or response.status_code == requests.codes.see_other):
            refusal = str(response.status_code) if response is not None else "away"
        elif channel == "twitter":
            post = int(response.json()["data"]["id"])
            number = self._parts.wrapper.tracking("twitter", str(post))
        else:
            number = tracking_in(response) or ""
        if channel == "sms" and not refusal:
            # The answer to an SMS that says nothing names no number.
            number = number or self._parts.wrapper.tracking("sms", report.message_sid)
        self._on_answer()
        return SentRow(report.row, report.row_id, channel, number, refusal), post

    @contextmanager
    def _practice_x(self) -> Iterator[None]:
        """Provide the practice X that the door polls: the service's own, a running one, or a temporary one."""
        settings = self._parts.settings
        if "twitter" not in self._channels or settings.practice_x:
            yield
            return
        if not is_loopback(settings.x_url):
            # The address is not quoted: it may contain a password.
            raise ReplayError("SATUPINTU_X_BASE_URL is not on this machine: a replay posts only to a loopback X")
        try:
            requests.get(settings.x_url, timeout=2)
        except requests.ConnectionError:
            pass
        else:
            yield
            return
        stopping = threading.Event()
        timeline = Timeline(settings.home / "practice-x.jsonl", self._parts.now)
        threads = self._parts.threads
        practice = PracticeX(
            timeline, settings.x_url, self._parts.secrets.x_token, settings.x_user_id, threads.start_background
        )
        thread = threads.start(partial(practice.run, stopping), "practice-x")
        try:
            yield
        finally:
            stopping.set()
            thread.join()

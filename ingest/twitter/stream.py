"""The filtered stream: mentions within seconds. It may miss any of them; what is polled is what counts.

It publishes under the same ids as the poller, and never moves how far was read.
"""

import base64
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import requests
import structlog
import tweepy

from ingest.twitter.adapter import found_in
from ingest.twitter.client import FIELDS, XAway, XSession, asking
from ingest.twitter.intake import Intake
from ingest.twitter.poll_loop import Looking
from ingest.twitter.read_budget import ReadBudget

RULE = "@Lapor1708 -is:retweet -from:Lapor1708"
_TAG = "satu-pintu"
# To connect, and between two lines: X sends an empty one every 20 seconds.
_TIMEOUT_SECONDS = (5.0, 25.0)
# X allows 50 connections in 15 minutes.
PAUSE_SECONDS = 20.0

_log = structlog.get_logger()


class XStream:
    """One connection at a time. tweepy would connect again by itself, at once and for ever: here it never does."""

    def __init__(self, base_url: str, bearer_token: str, timeout: tuple[float, float] = _TIMEOUT_SECONDS) -> None:
        self._client = _Client(bearer_token, XSession(base_url, timeout))

    def listen(self, heard: Callable[[bytes], None]) -> str:
        """Hand on each line until the connection ends; returns why. Raises `XAway` where none came about."""
        with asking():
            self._ensure_rule()
        return self._client.listen(heard)

    def hang_up(self) -> None:
        """End the connection after the line that is being heard."""
        self._client.disconnect()

    def close(self) -> None:
        """End the connection, from another thread, for ever."""
        self._client.close()

    def _ensure_rule(self) -> None:
        """The rule always has a tag, and is there before X is asked for what fits it: else X says 409."""
        rules = self._client.get_rules().json().get("data") or []
        if not any((rule.get("value"), rule.get("tag")) == (RULE, _TAG) for rule in rules):
            self._client.add_rules([tweepy.StreamRule(RULE, _TAG)])


class _Client(tweepy.StreamingClient):  # type: ignore[misc] # tweepy has no types
    """tweepy's client with every hook that could end or repeat by itself taken over."""

    def __init__(self, bearer_token: str, session: requests.Session) -> None:
        super().__init__(bearer_token, return_type=requests.Response, wait_on_rate_limit=False, max_retries=0)
        self.session = session
        self.session.hooks["response"].append(self._answered)
        self._heard: Callable[[bytes], object] = len
        self._cause = ""
        self._lines = 0
        self._response: requests.Response | None = None
        self._closed = threading.Event()

    def listen(self, heard: Callable[[bytes], None]) -> str:
        """See `XStream.listen`."""
        self._heard, self._cause, self._lines, self._response = heard, "", 0, None
        self.filter(**FIELDS)
        if self._lines == 0 and not self._closed.is_set():
            raise XAway(self._cause, self._reset())
        return self._cause

    def close(self) -> None:
        """See `XStream.close`."""
        self._closed.set()
        self._end("stopped")
        if self._response is not None:
            # Who waits for the next line is woken; a connection that is over already says so.
            with suppress(ValueError, RuntimeError, OSError):
                self._response.raw.shutdown()

    def on_connect(self) -> None:
        """Told to stop while connecting."""
        if self._closed.is_set():
            self._end("stopped")

    def on_data(self, raw_data: bytes) -> None:
        """A line; whatever is wrong with it, the next one is heard."""
        self._lines += 1
        try:
            self._heard(raw_data)
        except Exception as error:  # noqa: BLE001 - tweepy would end the stream for good
            _log.warning("x.line_not_kept", cause=type(error).__name__)

    def on_keep_alive(self) -> None:
        """An empty line: X is there."""
        self._lines += 1

    def on_closed(self, _response: requests.Response) -> None:
        """X ended it; tweepy would connect again in the same moment."""
        self._end("closed")

    def on_connection_error(self) -> None:
        """The connection broke, or was silent for too long."""
        self._end("connection")

    def on_request_error(self, status_code: int) -> None:
        """X refused; tweepy would try a wrong token again for ever, and look past the reset of a limit."""
        self._end("rate_limited" if status_code == requests.codes.too_many_requests else f"http_{status_code}")

    def on_exception(self, exception: Exception) -> None:
        """Whatever tweepy itself tripped over."""
        self._end(type(exception).__name__)

    def on_disconnect(self) -> None:
        """Said by whoever listens."""

    def _end(self, cause: str) -> None:
        self._cause = self._cause or cause
        self.disconnect()

    def _answered(self, response: requests.Response, **_: Any) -> None:
        self._response = response

    def _reset(self) -> float | None:
        if self._response is None or self._response.status_code != requests.codes.too_many_requests:
            return None
        said = self._response.headers.get("x-rate-limit-reset", "")
        return float(said) if said.isascii() and said.isdigit() else None


class StreamDoor:
    """Runs in a thread of its own, beside the poller."""

    def __init__(
        self,
        stream: XStream,
        intake: Intake,
        budget: ReadBudget,
        now: Callable[[], datetime],
        stopping: threading.Event,
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._stream = stream
        self._intake = intake
        self._budget = budget
        self._now = now
        self._stopping = stopping
        self._pause = pause

    def run(self) -> None:
        """Listen until stopped."""
        threading.Thread(target=self._close_with, name="x-stream-stop", daemon=True).start()
        Looking("stream", self.look, self._now, self._pause, self._stopping).run()

    def look(self) -> None:
        """One connection, from its beginning to its end."""
        self._budget.must_have()
        cause = self._stream.listen(self._heard)
        _log.info("x.stream_ended", cause=cause)

    def _close_with(self) -> None:
        self._stopping.wait()
        self._stream.close()

    def _heard(self, line: bytes) -> None:
        said = _read(line)
        if said is None:
            self._intake.hold({"line": base64.b64encode(line).decode()}, "not_a_post")
        elif "data" not in said:
            # What X says before it disconnects; which it then does.
            _log.info("x.stream_told")
        else:
            self._intake.keep(found_in({"data": [said["data"]], "includes": said.get("includes")}))
            self._budget.spend(1)
            if self._budget.today().left == 0:
                self._stream.hang_up()


def _read(line: bytes) -> dict[str, Any] | None:
    """What X said; `None` where it is nothing of what X says."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and ("data" in said or "errors" in said) else None

"""Reads the filtered stream: mentions within seconds. The stream may miss posts; only the poller is complete.

It publishes under the same ids as the poller, and never moves the cursor.
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

from bus.errors import Retry, cause_of
from config.database import DatabaseUnavailable
from ingest.twitter.adapter import posts_of_page
from ingest.twitter.client import FIELDS, XSession, XUnavailable, raising_x_unavailable
from ingest.twitter.intake import Intake
from ingest.twitter.lease import Lease
from ingest.twitter.poll_loop import PollLoop
from ingest.twitter.read_budget import ReadBudget

RULE = "@Lapor1708 -is:retweet -from:Lapor1708"
_RULE_TAG = "satu-pintu"
# Time to connect, and time between two lines: X sends an empty line every 20 seconds.
_TIMEOUT_SECONDS = (5.0, 25.0)
# Pause between two connections. X allows 50 connections in 15 minutes.
PAUSE_SECONDS = 20.0

_log = structlog.get_logger()


class XStream:
    """One connection at a time. Unlike tweepy it never reconnects by itself, at once and without end."""

    def __init__(self, base_url: str, bearer_token: str, timeout: tuple[float, float] = _TIMEOUT_SECONDS) -> None:
        self._client = _StreamClient(bearer_token, XSession(base_url, timeout))

    def listen(self, handle_line: Callable[[bytes], None]) -> str:
        """Pass each line to `handle_line` until the connection ends. Return the cause of the end.

        Raises `XUnavailable` if no connection was established.
        """
        with raising_x_unavailable():
            self._ensure_rule()
        return self._client.listen(handle_line)

    def disconnect(self) -> None:
        """End the connection after the current line."""
        self._client.disconnect()

    def close(self) -> None:
        """End the connection permanently. To be called from another thread."""
        self._client.close()

    def _ensure_rule(self) -> None:
        """Add the filter rule if it is missing. X answers 409 to a connection without a rule."""
        rules = self._client.get_rules().json().get("data") or []
        if not any((rule.get("value"), rule.get("tag")) == (RULE, _RULE_TAG) for rule in rules):
            self._client.add_rules([tweepy.StreamRule(RULE, _RULE_TAG)])


class _StreamClient(tweepy.StreamingClient):  # type: ignore[misc] # tweepy has no types
    """tweepy's client, with every hook overridden that could end the stream or reconnect."""

    def __init__(self, bearer_token: str, session: requests.Session) -> None:
        super().__init__(bearer_token, return_type=requests.Response, wait_on_rate_limit=False, max_retries=0)
        self.session = session
        self.session.hooks["response"].append(self._store_response)
        self._handle_line: Callable[[bytes], object] = len
        self._cause = ""
        self._line_count = 0
        self._response: requests.Response | None = None
        self._closed = threading.Event()

    def listen(self, handle_line: Callable[[bytes], None]) -> str:
        """See `XStream.listen`."""
        self._handle_line, self._cause, self._line_count, self._response = handle_line, "", 0, None
        self.filter(**FIELDS)
        if self._line_count == 0 and not self._closed.is_set():
            raise XUnavailable(self._cause, self._reset_time())
        return self._cause

    def close(self) -> None:
        """See `XStream.close`."""
        self._closed.set()
        self._end("stopped")
        if self._response is not None:
            # This wakes the thread that waits for the next line. It fails if the connection has ended already.
            with suppress(ValueError, RuntimeError, OSError):
                self._response.raw.shutdown()

    def on_connect(self) -> None:
        """End a connection that was stopped while it was being established."""
        if self._closed.is_set():
            self._end("stopped")

    def on_data(self, raw_data: bytes) -> None:
        """Handle a line, which is empty if X only keeps the connection alive. An error does not end the stream."""
        self._line_count += 1
        try:
            self._handle_line(raw_data)
        except (Retry, DatabaseUnavailable) as error:
            _log.warning("x.line_failed", cause=cause_of(error))
        except Exception as error:  # noqa: BLE001 - tweepy would end the stream for good
            _log.warning("x.line_failed", cause=type(error).__name__)

    def on_keep_alive(self) -> None:
        """Handle an empty line: the connection works."""
        self.on_data(b"")

    def on_closed(self, _response: requests.Response) -> None:
        """End after X closed the connection. tweepy would reconnect at once."""
        self._end("closed")

    def on_connection_error(self) -> None:
        """End after the connection broke, or was silent for too long."""
        self._end("connection")

    def on_request_error(self, status_code: int) -> None:
        """End after X rejected the request. tweepy would repeat a wrong token without end, and ignore a reset time."""
        self._end("rate_limited" if status_code == requests.codes.too_many_requests else f"http_{status_code}")

    def on_exception(self, exception: Exception) -> None:
        """End after an error inside tweepy."""
        self._end(type(exception).__name__)

    def on_disconnect(self) -> None:
        """Do nothing: the caller of `listen` logs the end."""

    def _end(self, cause: str) -> None:
        self._cause = self._cause or cause
        self.disconnect()

    def _store_response(self, response: requests.Response, **_: Any) -> None:
        self._response = response

    def _reset_time(self) -> float | None:
        """Return the time when X's rate limit ends (seconds since 1970), or `None`."""
        if self._response is None or self._response.status_code != requests.codes.too_many_requests:
            return None
        reset = self._response.headers.get("x-rate-limit-reset", "")
        return float(reset) if reset.isascii() and reset.isdigit() else None


class StreamDoor:
    """Reads the stream in its own thread, at the same time as the poller."""

    def __init__(
        self,
        stream: XStream,
        intake: Intake,
        budget: ReadBudget,
        now: Callable[[], datetime],
        stopping: threading.Event,
        lease: Lease,
        start_thread: Callable[[Callable[[], None], str], object],
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._stream = stream
        self._intake = intake
        self._budget = budget
        self._now = now
        self._stopping = stopping
        self._lease = lease
        self._start_thread = start_thread
        self._pause = pause

    def run(self) -> None:
        """Listen until stopped."""
        self._start_thread(self._close_when_stopped, "x-stream-stop")
        PollLoop("stream", self.listen, self._now, self._pause, self._stopping, self._lease).run()

    def listen(self) -> None:
        """Read one connection from its beginning to its end."""
        self._budget.require_reads()
        cause = self._stream.listen(self._handle_line)
        _log.info("x.stream_ended", cause=cause)

    def _close_when_stopped(self) -> None:
        self._stopping.wait()
        self._stream.close()

    def _handle_line(self, line: bytes) -> None:
        if not self._lease.is_held():
            # X allows one stream. The process that holds the lease reads this post too.
            self._stream.disconnect()
            return
        if not line:
            return
        content = _parse_line(line)
        if content is None:
            self._intake.quarantine({"line": base64.b64encode(line).decode()}, "not_a_post")
        elif "data" not in content:
            # X sends a notice without a post before it disconnects.
            _log.info("x.notice_received")
        else:
            self._intake.publish_posts(posts_of_page({"data": [content["data"]], "includes": content.get("includes")}))
            self._budget.count_reads(1)
            if self._budget.today().remaining == 0:
                self._stream.disconnect()


def _parse_line(line: bytes) -> dict[str, Any] | None:
    """Return the JSON object of a line; `None` if it is not in X's format."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) and ("data" in content or "errors" in content) else None

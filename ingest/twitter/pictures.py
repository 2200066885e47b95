"""Fetches the pictures of a post, from X's own hosts only and before a deadline."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import requests
import structlog

from config.setting_values import is_loopback
from ingest.files.attachments import Attachments
from messages.shapes import Attachment
from pages.files.cleaning import MAX_FILE_BYTES
from pages.refusals import Refused

# Time to connect, and time between two chunks of a response.
_TIMEOUT_SECONDS = (3.0, 5.0)
_CHUNK_BYTES = 65_536
# X allows at most four pictures per post.
_MAX_PICTURES = 4

_log = structlog.get_logger()


class PictureFetcher:
    """Fetches pictures from `hosts` only (with their port if it is not 443). `clock` is in seconds."""

    def __init__(
        self,
        attachments: Attachments,
        hosts: Collection[str],
        clock: Callable[[], float],
        timeout: tuple[float, float] = _TIMEOUT_SECONDS,
    ) -> None:
        self._attachments = attachments
        self._hosts = frozenset(hosts)
        self._clock = clock
        self._timeout = timeout

    def deadline_after(self, seconds: float) -> float:
        """Return the time of the clock after this many seconds."""
        return self._clock() + seconds

    def fetch_and_store(self, urls: Sequence[str], at: datetime, deadline: float) -> tuple[Attachment, ...]:
        """Return the attachments that could be fetched before `deadline`. The log has the cause of each failure.

        Raises `DatabaseUnavailable`.
        """
        attachments = []
        for url in urls[:_MAX_PICTURES]:
            try:
                content = self._fetch(url, deadline)
                attachments.append(self._attachments.store(content, at, deadline - self._clock()).attachment)
            except _FetchFailed as failure:
                _log.info("x.picture_failed", cause=failure.cause)
            except Refused as refused:
                _log.info("x.picture_failed", cause=refused.reason)
            except (requests.RequestException, ValueError) as error:
                _log.info("x.picture_failed", cause=type(error).__name__)
        return tuple(attachments)

    def _fetch(self, url: str, deadline: float) -> bytes:
        if not self._is_allowed(url):
            raise _FetchFailed("host")
        if self._clock() >= deadline:
            raise _FetchFailed("deadline")
        # A redirect could lead to a host that is not allowed.
        with requests.get(url, timeout=self._timeout, stream=True, allow_redirects=False) as response:
            if response.status_code != requests.codes.ok:
                raise _FetchFailed(f"http_{response.status_code}")
            content = bytearray()
            for chunk in response.iter_content(_CHUNK_BYTES):
                content += chunk
                if len(content) > MAX_FILE_BYTES:
                    raise _FetchFailed("file_too_large")
                if self._clock() >= deadline:
                    raise _FetchFailed("deadline")
        return bytes(content)

    def _is_allowed(self, url: str) -> bool:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
        return is_safe and parts.netloc in self._hosts


class _FetchFailed(Exception):
    """A picture could not be fetched, for `cause`."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause

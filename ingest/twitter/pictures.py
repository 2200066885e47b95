"""Fetches the pictures of a post, from X's own hosts alone, and never long: a post does not wait for its pictures."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from urllib.parse import urlsplit

import requests
import structlog

from config.settings import is_loopback
from ingest.arrival import Refused
from ingest.files.attachments import Attachments
from ingest.files.cleaning import MAX_FILE_BYTES
from messages.shapes import Attachment

# To connect, and between two pieces of an answer.
_TIMEOUT_SECONDS = (3.0, 5.0)
_PIECE_BYTES = 65_536
# A post has four at most.
_MOST = 4

_log = structlog.get_logger()


class Pictures:
    """`hosts` (with their port, where it is another than https's) are the only ones asked; `clock` is in seconds."""

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

    def until(self, seconds: float) -> float:
        """The moment of the clock after so many seconds."""
        return self._clock() + seconds

    def keep(self, places: Sequence[str], at: datetime, until: float) -> tuple[Attachment, ...]:
        """Those that could be had before `until`; of the others the log says why not. Raises `DatabaseUnavailable`."""
        kept = []
        for place in places[:_MOST]:
            try:
                content = self._fetch(place, until)
                kept.append(self._attachments.store(content, at, until - self._clock()).attachment)
            except _Missing as missing:
                _log.info("x.picture_missing", cause=missing.cause)
            except Refused as refused:
                _log.info("x.picture_missing", cause=refused.reason)
            except (requests.RequestException, ValueError) as error:
                _log.info("x.picture_missing", cause=type(error).__name__)
        return tuple(kept)

    def _fetch(self, place: str, until: float) -> bytes:
        if not self._allowed(place):
            raise _Missing("host")
        if self._clock() >= until:
            raise _Missing("deadline")
        # A redirect would lead away from the hosts that are allowed.
        with requests.get(place, timeout=self._timeout, stream=True, allow_redirects=False) as response:
            if response.status_code != requests.codes.ok:
                raise _Missing(f"http_{response.status_code}")
            content = bytearray()
            for piece in response.iter_content(_PIECE_BYTES):
                content += piece
                if len(content) > MAX_FILE_BYTES:
                    raise _Missing("file_too_large")
                if self._clock() >= until:
                    raise _Missing("deadline")
        return bytes(content)

    def _allowed(self, place: str) -> bool:
        found = urlsplit(place)
        safe = found.scheme == "https" or (found.scheme == "http" and is_loopback(place))
        return safe and found.netloc in self._hosts


class _Missing(Exception):
    """A picture that could not be had, and why."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause

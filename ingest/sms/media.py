"""Fetches the pictures that came with an SMS from Twilio, within a bound of time and bytes.

Twilio keeps them behind its API and sends on, for some hours, to an address of its storage (“Media resource”).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from datetime import datetime
from typing import NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
import structlog
from urllib3.exceptions import HTTPError

from config.database import DatabaseUnavailable
from ingest.arrival import Refused
from ingest.files.attachments import Attachments
from ingest.files.cleaning import MAX_FILE_BYTES
from messages.shapes import Attachment

# Where Twilio's API is, in whatever region or edge.
_API = ".twilio.com"
# Where it sends on to; nothing of ours is told there.
STORAGE = (".twilio.com", ".twiliocdn.com", ".amazonaws.com")
# Of all pictures of one message together, in seconds: Twilio waits 15 for the whole answer.
PATIENCE = 3.0
# Ten pictures are the most that Twilio takes with one message.
_MOST_PICTURES = 10
_MOST_HOPS = 3
_CHUNK_BYTES = 65_536
# Over all messages: what this holds in memory is bounded by it.
_AT_ONCE = 8

_log = structlog.get_logger()


class Fetched(NamedTuple):
    """What could be kept, each once, and of how many pictures that is all."""

    attachments: tuple[Attachment, ...]
    pictures: int


class _NotFetched(Exception):
    """`str` is a constant that says why."""


class MediaFetcher:
    """`base_url` is Twilio's API, or what stands in for it; `storage` the ends of the hosts it may send on to.

    `patience` is in seconds, of `clock`.
    """

    def __init__(
        self,
        base_url: str,
        attachments: Attachments,
        storage: Sequence[str] = STORAGE,
        patience: float = PATIENCE,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._base = urlsplit(base_url)
        self._attachments = attachments
        self._storage = tuple(storage)
        self._patience = patience
        self._clock = clock
        self._pool = ThreadPoolExecutor(_AT_ONCE, "sms-media")

    def fetch(self, urls: Sequence[str], account: str, token: str, at: datetime) -> Fetched:
        """Keep what can be had in time. Never raises: what a picture lacks must not cost its message."""
        deadline = self._clock() + self._patience
        tasks = [self._pool.submit(self._keep, url, (account, token), at, deadline) for url in urls[:_MOST_PICTURES]]
        done, late = wait(tasks, max(0.0, deadline - self._clock()))
        for task in late:
            task.cancel()
        if late:
            _log.warning("sms.picture_missed", cause="late", pictures=len(late))
        # In the order they were sent in; the same picture twice is kept once.
        found = [kept for task in tasks if task in done and (kept := _result(task))]
        return Fetched(tuple(dict.fromkeys(found)), len(found))

    def _keep(self, url: str, auth: tuple[str, str], at: datetime, deadline: float) -> Attachment | None:
        try:
            content = self._content(url, auth, deadline)
            return self._attachments.store(content, at, deadline - self._clock()).attachment
        except Refused as refused:
            cause = refused.reason
        except _NotFetched as error:
            cause = str(error)
        except (requests.RequestException, HTTPError, OSError, ValueError, DatabaseUnavailable) as error:
            cause = type(error).__name__
        _log.warning("sms.picture_missed", cause=cause, pictures=1)
        return None

    def _content(self, url: str, auth: tuple[str, str], deadline: float) -> bytes:
        if not self.may_know(url):
            raise _NotFetched("not_at_twilio")
        with requests.Session() as session:
            for _ in range(_MOST_HOPS):
                mine = auth if self.may_know(url) else None
                with closing(self._get(session, url, mine, deadline)) as response:
                    if not response.is_redirect:
                        return b"".join(self._chunks(response, deadline))
                    url = urljoin(url, response.headers["Location"])
                    if not self._is_storage(urlsplit(url)):
                        raise _NotFetched("sent_elsewhere")
        raise _NotFetched("sent_in_a_circle")

    def _get(
        self, session: requests.Session, url: str, auth: tuple[str, str] | None, deadline: float
    ) -> requests.Response:
        left = deadline - self._clock()
        if left <= 0:
            raise _NotFetched("late")
        # Without an `auth` of its own, requests would look for one in ~/.netrc.
        return session.get(
            url,
            auth=auth or _nobody,
            headers={"Accept-Encoding": "identity"},
            allow_redirects=False,
            stream=True,
            timeout=left,
        )

    def _chunks(self, response: requests.Response, deadline: float) -> Iterator[bytes]:
        """The body, looked at after each read: one that drips is given up as one that stalls."""
        if response.status_code != requests.codes.ok:
            raise _NotFetched(f"http_{response.status_code}")
        size = 0
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            size += len(chunk)
            if size > MAX_FILE_BYTES:
                raise _NotFetched("file_too_large")
            if self._clock() > deadline:
                raise _NotFetched("late")
            yield chunk

    def may_know(self, url: str) -> bool:
        """Whether the account's token may be said there: to Twilio's API alone."""
        return self._is_api(urlsplit(url))

    def _is_api(self, url: SplitResult) -> bool:
        if not set(url.netloc).isdisjoint("@\\"):
            # Two readers of such an address may see two hosts.
            return False
        if (url.scheme, url.netloc) == (self._base.scheme, self._base.netloc):
            return True
        at_twilio = (self._base.hostname or "").endswith(_API)
        return at_twilio and url.scheme == "https" and (url.hostname or "").endswith(_API)

    def _is_storage(self, url: SplitResult) -> bool:
        safe = url.scheme == "https" or self._base.scheme == "http"
        return self._is_api(url) or (safe and (url.hostname or "").endswith(self._storage))


def _result(task: Future[Attachment | None]) -> Attachment | None:
    """What was kept; a fault of ours costs the picture, not the message."""
    if error := task.exception():
        _log.error("sms.picture_missed", cause=type(error).__name__, pictures=1)
        return None
    return task.result()


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

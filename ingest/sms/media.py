"""Fetches the pictures of an SMS from Twilio, with limits on time and bytes.

Twilio's API redirects to an address of its storage that is valid for some hours (Twilio, “Media resource”).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import closing
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urljoin

import requests
import structlog
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from config.database import DatabaseUnavailable
from ingest.files.attachments import Attachments
from ingest.sms.media_address import MediaAddresses, PublicHttpsAdapter
from messages.shapes import Attachment
from pages.files.cleaning import MAX_FILE_BYTES
from pages.refusals import Refused

# Time for all pictures of one message, in seconds. Twilio waits 15 s for the whole answer.
FETCH_SECONDS = 3.0
# Twilio accepts at most ten pictures per message.
_MAX_PICTURES = 10
_MAX_REDIRECTS = 3
_CHUNK_BYTES = 65_536
# Concurrent downloads over all messages. This limits the memory.
_CONCURRENT_DOWNLOADS = 8

_log = structlog.get_logger()


class Fetched(NamedTuple):
    """Stored attachments without duplicates, and the number of pictures that they represent."""

    attachments: tuple[Attachment, ...]
    picture_count: int


class _NotFetched(Exception):
    """Picture that was not fetched. `str` is a constant reason."""


class MediaFetcher:
    """Fetches and stores pictures.

    `base_url` and `substitute_storage` are those of `MediaAddresses`. `timeout` is in seconds of `clock`.
    """

    def __init__(
        self,
        base_url: str,
        attachments: Attachments,
        clock: Callable[[], float],
        pool: Callable[[int, str], Executor],
        substitute_storage: Collection[str] = (),
        timeout: float = FETCH_SECONDS,
    ) -> None:
        self._addresses = MediaAddresses(base_url, substitute_storage)
        self._attachments = attachments
        self._timeout = timeout
        self._clock = clock
        self._pool = pool(_CONCURRENT_DOWNLOADS, "sms-media")

    def fetch(self, urls: Sequence[str], account: str, token: str, at: datetime) -> Fetched:
        """Store the pictures that arrive in time. Never raises: a missing picture must not lose its message."""
        deadline = self._clock() + self._timeout
        tasks = [self._pool.submit(self._store, url, (account, token), at, deadline) for url in urls[:_MAX_PICTURES]]
        finished, late = wait(tasks, max(0.0, deadline - self._clock()))
        for task in late:
            task.cancel()
        if late:
            _log.warning("sms.picture_missed", cause="late", pictures=len(late))
        # In the order of the message. The same picture twice is stored once.
        stored = [attachment for task in tasks if task in finished and (attachment := _result(task))]
        return Fetched(tuple(dict.fromkeys(stored)), len(stored))

    def _store(self, url: str, auth: tuple[str, str], at: datetime, deadline: float) -> Attachment | None:
        try:
            content = self._download(url, auth, deadline)
            return self._attachments.store(content, at, deadline - self._clock()).attachment
        except Refused as refused:
            cause = refused.reason
        except _NotFetched as error:
            cause = str(error)
        except (requests.RequestException, HTTPError, OSError, ValueError, DatabaseUnavailable) as error:
            cause = type(error).__name__
        _log.warning("sms.picture_missed", cause=cause, pictures=1)
        return None

    def _download(self, url: str, auth: tuple[str, str], deadline: float) -> bytes:
        if not self._addresses.is_api(url):
            raise _NotFetched("not_at_twilio")
        with requests.Session() as session:
            session.mount("https://", PublicHttpsAdapter())
            for origin in self._addresses.substitutes:
                session.mount(origin, HTTPAdapter())
            for _ in range(_MAX_REDIRECTS):
                credentials = auth if self._addresses.is_api(url) else None
                with closing(self._get(session, url, credentials, deadline)) as response:
                    if not response.is_redirect:
                        return b"".join(self._chunks(response, deadline))
                    url = urljoin(url, response.headers["Location"])
                    if not self._addresses.is_allowed(url):
                        raise _NotFetched("sent_elsewhere")
        raise _NotFetched("sent_in_a_circle")

    def _get(
        self, session: requests.Session, url: str, auth: tuple[str, str] | None, deadline: float
    ) -> requests.Response:
        remaining_seconds = deadline - self._clock()
        if remaining_seconds <= 0:
            raise _NotFetched("late")
        # Without an `auth` argument, requests would use ~/.netrc.
        return session.get(
            url,
            auth=auth or _without_credentials,
            headers={"Accept-Encoding": "identity"},
            allow_redirects=False,
            stream=True,
            timeout=remaining_seconds,
        )

    def _chunks(self, response: requests.Response, deadline: float) -> Iterator[bytes]:
        """Yield the body. The time is checked after each read, so a slow sender is aborted like a silent one."""
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


def _result(task: Future[Attachment | None]) -> Attachment | None:
    """Return the stored attachment. A bug loses the picture, not the message."""
    if error := task.exception():
        _log.error("sms.picture_missed", cause=type(error).__name__, pictures=1)
        return None
    return task.result()


def _without_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request

"""A burst of sign-ins: it takes no thread of other pages, and a few hashes are calculated at once."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from http import HTTPStatus
from itertools import islice

import pytest
import requests
from argon2 import PasswordHasher

from accounts.pages.password_threads import HASHES_AT_ONCE
from tests.accounts.desk import Desk, email_of
from tests.accounts.desk_client import DeskClient, OpenDesk

# With four hashes that hang, so many requests waited longer for the 40 shared threads than a client waits.
_BURST = 160


class HangingHasher(PasswordHasher):
    """A hasher whose checks end when the test lets them."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.running = threading.Semaphore(0)
        self.end = threading.Event()

    def verify(self, *_: object) -> bool:  # type: ignore[override]
        """Hang."""
        self.running.release()
        return self.end.wait(60)


@pytest.fixture
def hasher() -> Iterator[HangingHasher]:
    """A hasher that hangs until the test ends."""
    hasher = HangingHasher()
    yield hasher
    hasher.end.set()


def _wrong_sign_in(client: DeskClient, number: int) -> requests.Response:
    form = {"email": email_of(f"Petugas {number}"), "sandi": "salah semua ini"}
    return client.post("/desk/masuk", form, {"X-Forwarded-For": f"198.51.100.{number}"})


@pytest.mark.slow
def test_a_burst_of_sign_ins_takes_no_thread_of_other_pages(
    desk: Desk, open_desk: OpenDesk, hasher: HangingHasher
) -> None:
    """Pages answer while all hashes hang. What cannot be checked soon is refused: 503 with `Retry-After` and a page."""
    client = open_desk(Desk(desk.engine, desk.clock, hasher).app())
    with ThreadPoolExecutor(_BURST) as pool:
        answers = [pool.submit(_wrong_sign_in, client, number) for number in range(_BURST)]
        try:
            for _ in range(HASHES_AT_ONCE):
                assert hasher.running.acquire(timeout=60)
            # This page needs one of the threads that all pages share.
            assert client.get("/desk/masuk").status_code == HTTPStatus.OK
            refused = [answer.result() for answer in islice(as_completed(answers), _BURST - HASHES_AT_ONCE)]
        finally:
            hasher.end.set()
    assert {answer.status_code for answer in refused} == {HTTPStatus.SERVICE_UNAVAILABLE}
    assert int(refused[0].headers["Retry-After"]) > 0
    assert "Layanan sedang sibuk" in refused[0].text
    assert not hasher.running.acquire(blocking=False)

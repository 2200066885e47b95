"""Requests that wait for a stuck database delay neither accepted reports nor the health checks."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest
import requests
from fastapi import FastAPI

from tests.ingest.conftest import Serve
from tests.ingest.door_client import DoorClient, DoorServer

# More than the threads that all requests of a process share.
_STUCK_REQUESTS = 60
_SHARED_THREADS = 40


@pytest.fixture
def stuck_doors(serve: Serve, host: DoorServer) -> Iterator[DoorClient]:
    """Doors whose shared threads all wait for a database that does not answer until the test ends."""
    client = serve()
    database_answers, stuck = threading.Event(), threading.Semaphore(0)

    def wait_for_database() -> None:
        stuck.release()
        database_answers.wait()

    cast(FastAPI, host.app).add_api_route("/stuck", wait_for_database)
    with ThreadPoolExecutor(_STUCK_REQUESTS) as pool:
        for _ in range(_STUCK_REQUESTS):
            pool.submit(requests.get, f"{client.address}/stuck", timeout=120)
        try:
            for _ in range(_SHARED_THREADS):
                assert stuck.acquire(timeout=60)
            yield client
        finally:
            database_answers.set()


def test_a_report_that_needs_no_database_is_accepted(stuck_doors: DoorClient) -> None:
    """Publishing has threads of its own."""
    response = stuck_doors.post("/web/reports", json={"text": "Lampu padam di Kota Semarang"})
    assert response.status_code == requests.codes.accepted
    assert len(stuck_doors.raw_messages("web")) == 1


@pytest.mark.parametrize("path", ["/live", "/startup", "/ready"])
def test_the_health_checks_answer(stuck_doors: DoorClient, path: str) -> None:
    """A supervisor does not end a process whose doors work."""
    assert stuck_doors.get(path).status_code == requests.codes.ok

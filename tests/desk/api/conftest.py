"""Fixtures of the programming interface: one server, and an interface for each test."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.desk.api.harness import ApiHarness
from tests.ingest.door_client import DoorServer


@pytest.fixture(scope="session")
def api_server() -> Iterator[DoorServer]:
    """A real server that all tests of the interface share."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def api(engine: Engine, api_server: DoorServer) -> ApiHarness:
    """The interface over an empty desk."""
    return ApiHarness(engine, api_server)

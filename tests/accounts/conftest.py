"""A real HTTP server that all tests of this folder share, and desks with accounts."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.accounts.desk import Desk
from tests.accounts.desk_client import OpenDesk, desk_client
from tests.ingest.door_client import DoorServer


@pytest.fixture(scope="package")
def server() -> Iterator[DoorServer]:
    """A server without an application."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def open_desk(server: DoorServer) -> OpenDesk:
    """Return a function that serves an application and returns a client of it."""
    return lambda app: desk_client(server, app)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    """A desk without persons."""
    return Desk(engine)

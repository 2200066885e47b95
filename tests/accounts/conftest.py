"""A real HTTP server that all tests of this folder share, and desks with accounts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import open_database
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
def desk(tables: Path, tmp_path: Path) -> Iterator[Desk]:
    """A desk without persons on an SQLite database."""
    engine = open_database(f"sqlite:///{shutil.copy(tables, tmp_path)}")
    yield Desk(engine)
    engine.dispose()


@pytest.fixture
def any_desk(engine: Engine) -> Desk:
    """A desk without persons on each kind of database."""
    return Desk(engine)

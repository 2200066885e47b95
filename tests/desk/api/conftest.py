"""Fixtures of the programming interface: one server, and an interface for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.database import open_database
from tests.desk.api.harness import ApiHarness
from tests.ingest.door_client import DoorServer


@pytest.fixture(scope="session")
def api_server() -> Iterator[DoorServer]:
    """A real server that all tests of the interface share."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def sqlite_engine(tables: Path, tmp_path: Path) -> Iterator[Engine]:
    """A migrated SQLite database without rows."""
    engine = open_database(f"sqlite:///{shutil.copy(tables, tmp_path)}")
    yield engine
    engine.dispose()


@pytest.fixture
def api(sqlite_engine: Engine, api_server: DoorServer) -> ApiHarness:
    """The interface on SQLite."""
    return ApiHarness(sqlite_engine, api_server)


@pytest.fixture
def api_on_each(engine: Engine, api_server: DoorServer) -> ApiHarness:
    """The interface on each kind of database."""
    return ApiHarness(engine, api_server)

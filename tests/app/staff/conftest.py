"""The server that all tests of this folder share, and pages of staff over real operations."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.settings import Settings
from tests.app.staff.harness import StaffHarness
from tests.ingest.door_client import DoorServer
from tests.support.service import REGISTRY


@pytest.fixture(scope="package")
def server() -> Iterator[DoorServer]:
    """A server without an application."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with a registry of a few agencies."""
    return settings.model_copy(update={"reference_folder": REGISTRY})


@pytest.fixture
def staff(parts: Parts, server: DoorServer) -> Iterator[StaffHarness]:
    """Pages of staff on SQLite."""
    harness = StaffHarness(parts, parts.engine, server)
    yield harness
    harness.close()


@pytest.fixture
def staff_on_each_database(parts: Parts, engine: Engine, server: DoorServer) -> Iterator[StaffHarness]:
    """Pages of staff on each kind of database."""
    harness = StaffHarness(parts, engine, server)
    yield harness
    harness.close()

"""The server that all tests of this folder share, and the pages of overseers and agencies over real stages."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from app.assembly.parts import Parts
from config.settings import Settings
from tests.ingest.door_client import DoorServer
from tests.oversight.cases.harness import OverseerHarness
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
def overseers(parts: Parts, engine: Engine, server: DoorServer) -> Iterator[OverseerHarness]:
    """The pages on each kind of database."""
    harness = OverseerHarness(parts, engine, server)
    yield harness
    harness.close()

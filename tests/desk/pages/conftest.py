"""Fixtures of the pages' tests: one server for all, and the pages over a desk."""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.database import open_database
from tests.accounts.desk_client import DeskClient, desk_client
from tests.desk.harness import DeskHarness
from tests.desk.pages.site import DeskSite
from tests.ingest.door_client import DoorServer


@pytest.fixture(scope="package")
def server() -> Iterator[DoorServer]:
    """A server without an application."""
    server = DoorServer()
    with server.serving():
        yield server


@pytest.fixture
def site(tables: Path, tmp_path: Path, now: Callable[[], datetime]) -> Iterator[DeskSite]:
    """The pages over an empty desk on SQLite."""
    engine = open_database(f"sqlite:///{shutil.copy(tables, tmp_path)}")
    yield DeskSite(DeskHarness(engine, now))
    engine.dispose()


@pytest.fixture
def any_site(desk: DeskHarness) -> DeskSite:
    """The pages over an empty desk, on each kind of database."""
    return DeskSite(desk)


@pytest.fixture
def client(server: DoorServer, site: DeskSite) -> DeskClient:
    """The browser of the officer who is signed in at `site`."""
    return desk_client(server, site.app)


@pytest.fixture
def any_client(server: DoorServer, any_site: DeskSite) -> DeskClient:
    """The browser of the officer who is signed in at `any_site`."""
    return desk_client(server, any_site.app)

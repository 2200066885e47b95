"""Fixtures of the pages' tests: one server for all, and the pages over a desk."""

from collections.abc import Iterator

import pytest

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
def site(desk: DeskHarness) -> DeskSite:
    """The pages over an empty desk."""
    return DeskSite(desk)


@pytest.fixture
def client(server: DoorServer, site: DeskSite) -> DeskClient:
    """The browser of the officer who is signed in at `site`."""
    return desk_client(server, site.app)

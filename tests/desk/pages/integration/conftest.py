"""Fixtures of the integration pages' tests."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from sqlalchemy import Engine

from tests.desk.harness import DeskHarness
from tests.desk.pages.integration.site import Browser, IntegrationSite, browser_of
from tests.desk.pages.site import DeskSite
from tests.desk.webhooks.harness import Harness
from tests.desk.webhooks.receiver import Receiver
from tests.ingest.door_client import DoorServer
from tests.support.loopback import serving


@pytest.fixture
def integration(site: DeskSite) -> IntegrationSite:
    """The pages on SQLite."""
    return IntegrationSite(site, Harness(site.desk.engine))


@pytest.fixture
def any_integration(engine: Engine, now: Callable[[], datetime]) -> IntegrationSite:
    """The pages on each kind of database."""
    return IntegrationSite(DeskSite(DeskHarness(engine, now)), Harness(engine))


@pytest.fixture
def browser(server: DoorServer, integration: IntegrationSite) -> Browser:
    """The browser of the coordinator who is signed in at `integration`."""
    return browser_of(server, integration.app)


@pytest.fixture
def any_browser(server: DoorServer, any_integration: IntegrationSite) -> Browser:
    """The browser of the coordinator who is signed in at `any_integration`."""
    return browser_of(server, any_integration.app)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver by http."""
    with serving(Receiver()) as loopback_receiver:
        yield loopback_receiver

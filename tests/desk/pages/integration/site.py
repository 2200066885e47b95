"""The integration pages over real webhooks, keys and a receiver on loopback."""

import re
import secrets
from dataclasses import dataclass
from html import unescape
from http import HTTPStatus
from ipaddress import ip_network
from uuid import UUID, uuid4

import requests
from fastapi import FastAPI

from accounts.permissions import Actor, Role
from desk.api.keys.agency_keys import AgencyKeys
from desk.pages.integration.integration_pages import IntegrationPages
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.webhooks import Webhooks
from tests.accounts.desk_client import DeskClient
from tests.desk.api.harness import new_token
from tests.desk.pages.site import HEALTH, PLN, DeskSite
from tests.desk.webhooks.harness import SEALER, Harness
from tests.desk.webhooks.receiver import LOOPBACK
from tests.ingest.door_client import DoorServer

DEWI = Actor(UUID(int=11), "Dewi Lestari", Role.COORDINATOR, HEALTH)
RATNA = Actor(UUID(int=12), "Ratna Sari", Role.COORDINATOR, PLN)
# The name in the audit log.
DEWI_LABEL = f"Dewi Lestari [{DEWI.account_id}]"
LOOPBACK_GUARD = AddressGuard(
    allow_http=True, allowed_networks=[ip_network(LOOPBACK)], resolve=lambda _host, _port: ["127.0.0.1"]
)
HOME = "/desk/integrasi"
WEBHOOKS, KEYS = f"{HOME}/webhook", f"{HOME}/kunci"


@dataclass
class IntegrationSite:
    """`site` has the signed-in person and the audit log, `hooks` the queue and the worker of the webhooks.

    `guard` checks addresses. By default names and addresses lead to loopback, which is allowed.
    """

    site: DeskSite
    hooks: Harness
    guard: AddressGuard = LOOPBACK_GUARD

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        site, hooks = self.site, self.hooks
        site.actor = DEWI
        ids = iter(range(1, 1000))
        self.webhooks = Webhooks(
            hooks.engine, SEALER, self.guard, hooks.sender, site.record, hooks.clock, secrets.token_bytes, uuid4
        )
        self.keys = AgencyKeys(hooks.engine, site.record, site.now, lambda: UUID(int=next(ids) << 96), new_token)
        self.app.include_router(IntegrationPages(site.parts, self.webhooks, self.keys).routes())

    @property
    def app(self) -> FastAPI:
        """The application."""
        return self.site.app

    def acts(self) -> list[tuple[str, str]]:
        """Return action and actor of each row of the audit log."""
        return [(act[0], act[2]) for act in self.site.acts]


@dataclass
class Browser:
    """Browser of a coordinator."""

    client: DeskClient

    def page(self, address: str = HOME) -> str:
        """Open a page that exists."""
        response = self.client.get(address)
        assert response.status_code == HTTPStatus.OK, response.text
        return response.text

    def add(self, address: str, *kinds: str) -> requests.Response:
        """Send the form of a new webhook."""
        return self.client.post(WEBHOOKS, {"alamat": address, "jenis": list(kinds or ("received", "moved"))})

    def issue(self, *scopes: str, period: str = "365", version: str = "") -> requests.Response:
        """Send the form of a new key as the page shows it now."""
        return self.client.post(
            KEYS, {"hak": list(scopes or ("read",)), "masa": period, "versi": version or version_in(self.page())}
        )

    def act(self, webhook_id: UUID, name: str, **fields: str) -> requests.Response:
        """Send a form of a webhook's page."""
        return self.client.post(f"{WEBHOOKS}/{webhook_id}/{name}", {**fields, "": ""})

    def follow(self, response: requests.Response) -> str:
        """Open the page that the answer to a form leads to."""
        assert response.status_code == HTTPStatus.SEE_OTHER, response.text
        return self.page(response.headers["Location"])


def version_in(page: str) -> str:
    """Return the version in a form of the page, "" if there is none."""
    match = re.search(r'name="versi" value="([^"]*)"', page)
    return unescape(match[1]) if match else ""


def browser_of(server: DoorServer, app: FastAPI) -> Browser:
    """Serve the application and return a browser."""
    server.app = app
    return Browser(DeskClient(f"http://127.0.0.1:{server.port}"))

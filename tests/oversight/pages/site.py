"""The pages with figures over the read model of a generated year, on a real server."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

import requests
from fastapi import FastAPI, Request
from sqlalchemy import Engine
from starlette.responses import PlainTextResponse, Response

from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, Actor, Role
from accounts.signed_in import SignedIn, install_sign_in_handlers
from app.assembly.desk.http import desk_templates
from app.assembly.http import page_templates
from config.reference.ratings import load_ratings
from config.reference.regions import load_regions
from messages.topics import TRIAGE
from oversight.pages.case_list_page import CaseListPage
from oversight.pages.names import ScopeNames
from oversight.pages.overseer_pages import NAVIGATION, OverseerPages
from oversight.pages.reading import FigureReader
from oversight.public.public_pages import PublicPages
from oversight.public.published_months import PublishedMonths
from pages.frame import SignedInPages
from pages.headers import PageHeaders
from pages.language import PageLanguage
from tests.accounts.desk_client import DeskClient
from tests.ingest.door_client import DoorServer
from tests.oversight.generated_year import AGENCIES, GeneratedYear
from tests.support.case_stages import DerivingCases, oversight_derivation
from tests.support.deadlines import DEADLINES
from tests.support.programmes import PROGRAMMES

NOW = datetime(2026, 7, 20, 2, 0, tzinfo=UTC)
CASES = 700
FORMULA = load_ratings()
NAMES = {
    "kementerian-kemenkes": "Kementerian Kesehatan",
    "kota-3374": "Pemerintah Kota Semarang",
    "provinsi-51": "Pemerintah Provinsi Bali",
    "kabupaten-7371": "Pemerintah Kota Makassar",
    "provinsi-91": "Pemerintah Provinsi Papua",
    "bumn-pln": "PT PLN <Persero>",
}
TOPICS = {"jalan": "Jalan", "kesehatan": "Kesehatan", "korupsi": "Korupsi"}


def read_generated_year(engine: Engine, cases: int = CASES) -> None:
    """Let oversight read a generated year."""
    institutions = {*AGENCIES, TRIAGE}
    sink = DerivingCases(engine, [oversight_derivation()], institutions=lambda: institutions)
    records = GeneratedYear(seed=3).generate(cases)
    for start in range(0, len(records), 2_000):
        sink.handle(records[start : start + 2_000])


def scope_names() -> ScopeNames:
    """Return the names of the generated year."""
    regions = load_regions()
    return ScopeNames(lambda: NAMES, lambda: regions, lambda: TOPICS, PROGRAMMES.names)


def channel_label(channel: str) -> str:
    """Return a name of a channel."""
    return f"Saluran {channel}"


def person(role: Role) -> Actor:
    """Return a person of a role; officers are at Semarang."""
    agency = "kota-3374" if role in AGENCY_ROLES else TRIAGE_AGENCY if role is Role.TRIAGE else ""
    return Actor(UUID(int=1), "Sari Dewi", role, agency)


@dataclass
class OversightSite:
    """A server with the pages. `actor` is signed in; a test changes it."""

    engine: Engine
    server: DoorServer
    actor: Actor | None = field(default_factory=lambda: person(Role.OVERSEER))

    def __post_init__(self) -> None:
        """Serve the pages."""
        self.server.app = self._application()
        self.client = DeskClient(f"http://127.0.0.1:{self.server.port}")

    def get(self, path: str) -> str:
        """Open a page that exists, without the language of an earlier one, and return its HTML."""
        self.client.cookies.clear()
        answer = self.client.get(path)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return answer.text

    def open(self, path: str, role: Role | None) -> requests.Response:
        """Open an address as a person of a role, or as nobody."""
        self.actor = person(role) if role else None
        try:
            return self.client.get(path)
        finally:
            self.actor = person(Role.OVERSEER)

    def _application(self) -> FastAPI:
        app = FastAPI(openapi_url=None, redirect_slashes=False)
        frame = SignedInPages(desk_templates(DEADLINES.calendar), lambda code: NAMES.get(code, code), NAVIGATION)
        reader = FigureReader(self.engine, DEADLINES, PROGRAMMES)
        signed_in, names = SignedIn(lambda _request: self.actor), scope_names()
        lists = CaseListPage(signed_in, frame, self.engine, DEADLINES, names, channel_label, lambda: NOW)
        app.include_router(lists.routes())
        app.include_router(OverseerPages(signed_in, frame, reader, names, channel_label, lambda: NOW, FORMULA).routes())
        public_templates = page_templates(DEADLINES, lambda: NOW)
        public_templates.globals["public_figures"] = True
        months = PublishedMonths(self.engine, lambda: NOW, b"key")
        app.include_router(PublicPages(months, scope_names(), public_templates).routes())
        install_sign_in_handlers(app, _refused)
        app.add_middleware(PageLanguage)
        app.add_middleware(PageHeaders, new_nonce=lambda: "bm9uY2U")
        return app


@contextmanager
def oversight_site(engine: Engine, cases: int = CASES) -> Iterator[OversightSite]:
    """Yield the pages of a generated year while they are served."""
    read_generated_year(engine, cases)
    server = DoorServer()
    with server.serving():
        yield OversightSite(engine, server)


def cells(page: str, heading: str) -> Sequence[str]:
    """Return the row of a table that begins with a heading, as the texts of its cells."""
    row = page.partition(f'<th scope="row" class="name">{heading}<')[2].partition("</tr>")[0]
    without_links = re.sub(r"</?a\b[^>]*>", "", row)
    return [part.partition(">")[2].partition("<")[0] for part in without_links.split("<td")[1:]]


def _refused(_request: Request, status: HTTPStatus) -> Response:
    return PlainTextResponse("refused", status)

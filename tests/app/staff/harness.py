"""Pages of staff over real operations: the embedded bus, router, ledger and desk on one database, and a real server."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from uuid import UUID

import requests
from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, Response

from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, Actor, Role, actor_label
from accounts.signed_in import SignedIn, install_sign_in_handlers
from app.assembly.desk.http import desk_templates
from app.assembly.desk.parts import DeskParts
from app.assembly.desk.staff import STAFF_NAVIGATION, StaffPages
from app.assembly.desk.suggestions import StaffSuggestions
from app.assembly.parts import Parts
from app.assembly.stages.cases import derivations
from app.operations.audit.listing import AuditFilter, AuditListing
from cases.derivations.loop import derive_all
from pages.csrf import SameOriginForms
from pages.frame import SignedInPages
from pages.headers import PageHeaders
from pages.language import PageLanguage
from tests.accounts.desk_client import DeskClient
from tests.app.test_corrections import CorrectionHarness
from tests.conftest import NOW
from tests.ingest.door_client import DoorServer
from tests.support.deadlines import DEADLINES

SEMARANG = "kota-3374"


def person(role: Role, name: str = "Sari Dewi") -> Actor:
    """Return a person of a role; officers and coordinators are at Semarang."""
    agency = SEMARANG if role in AGENCY_ROLES else TRIAGE_AGENCY if role is Role.TRIAGE else ""
    return Actor(UUID(int=list(Role).index(role) + 1), name, role, agency)


@dataclass
class StaffHarness:
    """A server with the pages. `actor` is signed in; a test changes it.

    The clock stands, or moves by `tick` each time it is read.
    """

    parts: Parts
    engine: Engine
    server: DoorServer
    actor: Actor | None = field(default_factory=lambda: person(Role.TRIAGE))
    time: datetime = NOW
    tick: timedelta = timedelta(0)

    def __post_init__(self) -> None:
        """Serve the pages."""
        self.parts.core.engine = self.engine
        self.parts.core.now = self.now
        self.reports = CorrectionHarness(self.parts, self.engine)
        self.desk = DeskParts(self.parts)
        self.server.app = self._application()
        self.client = DeskClient(self.address)

    @property
    def address(self) -> str:
        """Address of the server."""
        return f"http://127.0.0.1:{self.server.port}"

    def close(self) -> None:
        """Close the producers."""
        self.reports.producer.close()
        self.desk.close()

    def work(self) -> None:
        """Let router, ledger and desk process everything."""
        self.reports.work()
        derive_all(self.engine, derivations(self.parts))

    def now(self) -> datetime:
        """Return the time, and let it pass as far as a test wants."""
        self.time += self.tick
        return self.time

    def act_as(self, role: Role, name: str = "Sari Dewi") -> DeskClient:
        """Sign in a person of a role and return the client."""
        self.actor = person(role, name)
        return self.client

    def get(self, path: str) -> str:
        """Open a page that exists and return its HTML."""
        answer = self.client.get(path)
        assert answer.status_code == HTTPStatus.OK, answer.text
        return answer.text

    def send(self, path: str, **fields: str | list[str]) -> requests.Response:
        """Send a form."""
        return self.client.post(path, fields)

    def follow(self, answer: requests.Response) -> str:
        """Open the page that the answer to a form leads to."""
        assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
        return self.get(answer.headers["Location"])

    @property
    def label(self) -> str:
        """Label of the actor in the audit log."""
        assert self.actor
        return actor_label(self.actor)

    def acts(self) -> list[tuple[str, str, str]]:
        """Return the acts in the audit log: action, actor and reason, oldest first."""
        rows = AuditListing(self.engine).newest(AuditFilter(), 1000)
        return [(row.act.action, row.act.actor, row.act.why) for row in reversed(rows)]

    def addresses(self) -> Sequence[tuple[str, Collection[str]]]:
        """Return the address of each page and form, with its methods."""
        return [(route.path or "", route.methods or set()) for route in iter_route_contexts(self._router.routes)]

    def _application(self) -> FastAPI:
        """Return the application of the desk with a person who is signed in without a password."""
        app = FastAPI(openapi_url=None, redirect_slashes=False)
        signed_in, desk = SignedIn(lambda _request: self.actor), self.desk
        frame = SignedInPages(desk_templates(DEADLINES.calendar), desk.institutions.name, STAFF_NAVIGATION)
        suggestions = StaffSuggestions(self.engine, lambda: desk.producer, desk.audit_log)
        pages = StaffPages(self.parts, signed_in, frame, desk.answers, desk.institutions, desk.audit_log, suggestions)
        self._router = pages.routes()
        app.include_router(self._router)
        install_sign_in_handlers(app, refused)
        app.user_middleware.append(Middleware(SameOriginForms, own_address=self.address, refusal=refused))
        app.add_middleware(PageLanguage)
        app.add_middleware(PageHeaders, new_nonce=lambda: "bm9uY2U")
        return app


def refused(_request: Request, status: HTTPStatus) -> Response:
    """Return the page of a refused request."""
    return PlainTextResponse("refused", status)


def hidden_fields(page: str, form: str) -> dict[str, str]:
    """Return the hidden fields of the form with this address."""
    body = page.partition(f'action="{form}"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', body))

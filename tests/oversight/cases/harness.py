"""Pages of overseers and of agencies over one bus and one database, with router, ledger, desk and oversight behind."""

from fastapi import FastAPI
from starlette.middleware import Middleware

from accounts.permissions import Actor, Role
from accounts.signed_in import SignedIn, install_sign_in_handlers
from app.assembly.desk.http import NAVIGATION, desk_page_parts, desk_templates
from app.assembly.desk.staff import StaffPages
from app.assembly.desk.suggestions import StaffSuggestions
from app.assembly.oversight.pages import case_pages, overseer_pages
from desk.pages.desk_pages import DeskPages
from messages.topics import OVERSIGHT, RECOMMENDATIONS
from pages.csrf import SameOriginForms
from pages.frame import SignedInPages
from pages.headers import PageHeaders
from pages.language import PageLanguage
from tests.app.staff.harness import StaffHarness, person, refused
from tests.support.case_stages import all_cases
from tests.support.deadlines import DEADLINES

HEALTH, PLN = "kementerian-kemenkes", "bumn-pln"


def officer(agency: str, number: int = 40) -> Actor:
    """Return an officer of an agency."""
    return Actor(person(Role.OFFICER).account_id, f"Petugas {number}", Role.OFFICER, agency)


class OverseerHarness(StaffHarness):
    """See `StaffHarness`. It has the pages of overseers, agencies and staff; an overseer is signed in."""

    def __post_init__(self) -> None:  # noqa: D105 - see the class
        super().__post_init__()
        self.actor = person(Role.OVERSEER)

    def work(self) -> None:
        """Let router, ledger, desk and oversight process everything."""
        self.reports.work()
        self.reports.batch("cases", all_cases(self.parts), (*self.parts.queues, OVERSIGHT, RECOMMENDATIONS))

    def _application(self) -> FastAPI:
        app = FastAPI(openapi_url=None, redirect_slashes=False)
        parts, desk, signed_in = self.parts, self.desk, SignedIn(lambda _request: self.actor)
        frame = SignedInPages(desk_templates(DEADLINES.calendar), desk.institutions.name, NAVIGATION)
        suggestions = StaffSuggestions(self.engine, lambda: desk.producer, desk.audit_log)
        staff = StaffPages(parts, signed_in, frame, desk.answers, desk.institutions, desk.audit_log, suggestions)
        agencies = DeskPages(desk_page_parts(parts, desk, lambda _agency: (), signed_in, frame), NAVIGATION)
        app.include_router(agencies.routes())
        app.include_router(staff.routes())
        institutions, log, publish = desk.institutions, desk.audit_log, desk.publish_messages
        app.include_router(case_pages(parts, institutions, log, publish, signed_in, frame))
        app.include_router(overseer_pages(parts, log, signed_in, frame))
        install_sign_in_handlers(app, refused)
        app.user_middleware.append(Middleware(SameOriginForms, own_address=self.address, refusal=refused))
        app.add_middleware(PageLanguage)
        app.add_middleware(PageHeaders, new_nonce=lambda: "bm9uY2U")
        return app

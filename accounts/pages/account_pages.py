"""All pages of accounts, and the parts that other pages of the desk use: `SignedIn` and `SignedInPages`."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI
from jinja2 import Environment
from starlette.middleware import Middleware

from accounts.pages.browser import BrowserSessions
from accounts.pages.ended import EndedAccounts
from accounts.pages.forgotten_pages import ForgottenPages
from accounts.pages.invitation_pages import InvitationPages
from accounts.pages.own_pages import OwnPages
from accounts.pages.password_threads import Busy, PasswordThreads
from accounts.pages.people_pages import FindAgencies, PeoplePages
from accounts.pages.sign_in_pages import SignInPages
from accounts.services import AccountServices
from accounts.signed_in import SignedIn, install_sign_in_handlers
from pages.csrf import SameOriginForms
from pages.frame import NavigationEntry, SignedInPages
from pages.refused import RefusedPages

if TYPE_CHECKING:
    from accounts.authentication.oidc import OidcProvider


class AccountPages:
    """Pages of one process. `install` adds them to an application.

    `pages` finds the templates of `accounts/templates` and `base.html`. `navigation` are the links of the signed-in
    pages. `own_address` is the public address of the service, without a slash at its end. `agency_name` returns the
    name of an institution by its code, `find_agencies` code and name of those that a text may mean, the best first.
    `oidc` is None if no provider is set.
    """

    def __init__(
        self,
        services: AccountServices,
        pages: Environment,
        navigation: Sequence[NavigationEntry],
        agency_name: Callable[[str], str],
        find_agencies: FindAgencies,
        own_address: str,
        oidc: "OidcProvider | None" = None,
    ) -> None:
        browser_sessions = BrowserSessions(services.sessions)
        self.signed_in = SignedIn(browser_sessions.find_actor)
        self.signed_in_pages = SignedInPages(pages, agency_name, navigation)
        self._refused = RefusedPages(pages)
        self._own_address = own_address
        threads = PasswordThreads()
        is_https = own_address.startswith("https://")
        ended_accounts = EndedAccounts(services.accounts, services.appointments)
        self._routers = [
            SignInPages(
                services.sign_in,
                ended_accounts,
                browser_sessions,
                pages,
                threads,
                with_oidc=oidc is not None,
                is_https=is_https,
            ).routes(),
            ForgottenPages(services.forgotten_password, pages).routes(),
            InvitationPages(services.invitations, services.acceptance, pages, threads).routes(),
            OwnPages(
                services.accounts,
                services.own_account,
                services.appointments,
                services.sessions,
                services.sign_in,
                browser_sessions,
                self.signed_in_pages,
                threads,
            ).routes(),
            PeoplePages(
                services.people,
                services.appointments,
                services.accounts,
                services.invitations,
                self.signed_in,
                self.signed_in_pages,
                agency_name,
                find_agencies,
                services.find_units,
                own_address,
                mails_links=services.mail.is_sent,
            ).routes(),
        ]
        if oidc is not None:
            # Without a provider its libraries are not needed: they take 5 MB.
            from accounts.pages.oidc_pages import OidcPages  # noqa: PLC0415

            oidc_pages = OidcPages(
                oidc, services.pending, services.accounts, services.acceptance, services.sign_in, ended_accounts, pages
            )
            self._routers.append(oidc_pages.routes())

    def install(self, app: FastAPI) -> None:
        """Add the pages, the answers to `NotSignedIn` and `Forbidden`, and the protection of the desk's forms."""
        for router in self.routers():
            app.include_router(router)
        install_sign_in_handlers(app, self._refused.page)
        app.add_exception_handler(Busy, self._refused.busy)
        # The innermost middleware: a refused form gets a page, which needs the nonce and the language of the others.
        protection = Middleware(SameOriginForms, own_address=self._own_address, refusal=self._refused.form)
        app.user_middleware.append(protection)

    def routers(self) -> Sequence[APIRouter]:
        """Return the routers of these pages."""
        return tuple(self._routers)

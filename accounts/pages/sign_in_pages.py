"""Pages of the sign-in and the sign-out."""

from http import HTTPStatus

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import Response

from accounts.authentication.attempts import TooManyAttempts
from accounts.authentication.sign_in import (
    AccountEnded,
    PendingEnded,
    SecondFactorNeeded,
    SessionStarted,
    SignIn,
    SignInRefused,
)
from accounts.pages import wording
from accounts.pages.browser import (
    PENDING_COOKIE,
    SESSION_COOKIE,
    BrowserSessions,
    delete_token,
    device_of,
    device_token,
    pending_token,
    set_device_token,
    set_token,
)
from accounts.pages.ended import EndedAccounts
from accounts.pages.password_threads import PasswordThreads
from accounts.signed_in import DESK, SIGN_IN_ADDRESS, local_address, second_factor_address
from pages.clients import client_address
from pages.forms import Typed
from pages.responses import page_response, see_other
from pages.translation.message import Message

CODE_ADDRESS = f"{SIGN_IN_ADDRESS}/kode"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SignInPages:
    """The sign-in by password and second factor. `with_oidc`: the page offers the provider of the institutions.

    `is_https`: the public address of the service is https.
    """

    def __init__(
        self,
        sign_in: SignIn,
        ended_accounts: EndedAccounts,
        browser_sessions: BrowserSessions,
        pages: Environment,
        threads: PasswordThreads,
        *,
        with_oidc: bool,
        is_https: bool,
    ) -> None:
        self._sign_in = sign_in
        self._ended_accounts = ended_accounts
        self._browser_sessions = browser_sessions
        self._pages = pages
        self._threads = threads
        self._with_oidc = with_oidc
        self._is_https = is_https

    def routes(self) -> APIRouter:
        """Return the routes of these pages."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(SIGN_IN_ADDRESS, self.show, methods=["GET"])
        router.add_api_route(SIGN_IN_ADDRESS, self._threads.endpoint(self.check_password), methods=["POST"])
        router.add_api_route(CODE_ADDRESS, self.show_code, methods=["GET"])
        router.add_api_route(CODE_ADDRESS, self.check_code, methods=["POST"])
        router.add_api_route("/desk/keluar", self.sign_out, methods=["POST"])
        return router

    def show(self, request: Request, lanjut: str = "", selesai: str = "") -> Response:
        """Show the form. A person who is signed in continues at once."""
        if self._browser_sessions.find(request):
            return see_other(local_address(lanjut))
        return self._form(request, "", lanjut, notice=wording.NOTICES.get(selesai))

    def check_password(self, request: Request, email: Typed = "", sandi: Typed = "", lanjut: Typed = "") -> Response:
        """Sign in, or ask for the code of the second factor."""
        try:
            result = self._sign_in.with_password(
                email,
                sandi,
                client_address(request.scope),
                device_of(request),
                local_address(lanjut),
                device_token(request),
            )
        except TooManyAttempts as error:
            problem = wording.too_many_attempts(error.retry_after)
            return self._form(
                request, email, lanjut, problem, HTTPStatus.TOO_MANY_REQUESTS, retry_after=error.retry_after
            )
        if isinstance(result, SignInRefused):
            return self._form(request, email, lanjut, wording.SIGN_IN_REFUSED, HTTPStatus.BAD_REQUEST)
        if isinstance(result, AccountEnded):
            return self._form(request, email, lanjut, self._ended_accounts.text(result.account), HTTPStatus.FORBIDDEN)
        return signed_in_response(result)

    def show_code(self) -> Response:
        """Show the form for the code of the second factor."""
        return page_response(self._pages, "second_step.html", {"problem": None})

    def check_code(self, request: Request, kode: Typed = "") -> Response:
        """Complete the sign-in by a code."""
        try:
            result = self._sign_in.with_second_factor(
                pending_token(request), kode, device_of(request), device_token(request)
            )
        except TooManyAttempts as error:
            values = {"problem": wording.too_many_attempts(error.retry_after)}
            headers = {"Retry-After": str(error.retry_after)}
            return page_response(self._pages, "second_step.html", values, HTTPStatus.TOO_MANY_REQUESTS, headers)
        if isinstance(result, SessionStarted):
            return signed_in_response(result)
        if isinstance(result, PendingEnded):
            response = self._form(request, "", "", wording.PENDING_ENDED, HTTPStatus.BAD_REQUEST)
            delete_token(response, PENDING_COOKIE)
            return response
        return page_response(self._pages, "second_step.html", {"problem": wording.CODE_REFUSED}, HTTPStatus.BAD_REQUEST)

    def sign_out(self, request: Request) -> Response:
        """End the session of this browser."""
        session = self._browser_sessions.find(request)
        if session:
            self._sign_in.sign_out(session.actor, session.id)
        response = see_other(f"{SIGN_IN_ADDRESS}?selesai=keluar")
        delete_token(response, SESSION_COOKIE)
        # Texts that were typed and not sent stay in no browser.
        response.headers["Clear-Site-Data"] = '"storage"'
        return response

    def _form(
        self,
        request: Request,
        email: str,
        continue_at: str,
        problem: Message | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        notice: Message | None = None,
        retry_after: int | None = None,
    ) -> Response:
        address = local_address(continue_at)
        values = {
            "email": email,
            "continue_at": "" if address == DESK else address,
            "problem": problem,
            "notice": notice,
            "with_oidc": self._with_oidc,
            # A browser keeps the cookie of the session only if it came by https or from loopback.
            "is_insecure": not self._is_https and request.url.hostname not in _LOOPBACK,
        }
        headers = {"Retry-After": str(retry_after)} if retry_after else {}
        return page_response(self._pages, "sign_in.html", values, status, headers)


def signed_in_response(result: SessionStarted | SecondFactorNeeded) -> Response:
    """Return the redirect after a right password or an accepted answer of the OIDC provider."""
    if isinstance(result, SecondFactorNeeded):
        response = see_other(CODE_ADDRESS)
        set_token(response, PENDING_COOKIE, result.token)
        return response
    continue_at = result.continue_at
    response = see_other(second_factor_address(continue_at) if result.sets_up_second_factor else continue_at)
    set_token(response, SESSION_COOKIE, result.token)
    set_device_token(response, result.device_token)
    delete_token(response, PENDING_COOKIE)
    return response

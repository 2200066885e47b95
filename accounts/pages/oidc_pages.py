"""Addresses of the sign-in by the OIDC provider: to the provider, and back from it."""

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.responses import Response

from accounts.acceptance import Acceptance
from accounts.account_store import Account, AccountStore
from accounts.authentication.oidc import OidcProvider, OidcRefused, OidcUnavailable
from accounts.authentication.pending_sign_ins import PendingSignIns
from accounts.authentication.sign_in import AccountEnded, SignIn
from accounts.invitations import InvalidInvitation
from accounts.pages import wording
from accounts.pages.browser import PENDING_COOKIE, delete_token, device_of, device_token, pending_token, set_token
from accounts.pages.ended import EndedAccounts
from accounts.pages.sign_in_pages import signed_in_response
from accounts.person_checks import NotPossible
from accounts.signed_in import SIGN_IN_ADDRESS, local_address
from pages.responses import page_response, see_other
from pages.translation.message import Message

OIDC_ADDRESS = f"{SIGN_IN_ADDRESS}/oidc"
OIDC_RETURN_ADDRESS = f"{OIDC_ADDRESS}/kembali"

_log = structlog.get_logger()


class OidcPages:
    """The sign-in by the OIDC provider. A person without an account or an invitation is refused."""

    def __init__(
        self,
        provider: OidcProvider,
        pending: PendingSignIns,
        accounts: AccountStore,
        acceptance: Acceptance,
        sign_in: SignIn,
        ended_accounts: EndedAccounts,
        pages: Environment,
    ) -> None:
        self._provider = provider
        self._pending = pending
        self._accounts = accounts
        self._acceptance = acceptance
        self._sign_in = sign_in
        self._ended_accounts = ended_accounts
        self._pages = pages

    def routes(self) -> APIRouter:
        """Return the routes. They are links, no forms: `form-action` of our policy forbids a form that leads away."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(OIDC_ADDRESS, self.start, methods=["GET"])
        router.add_api_route(OIDC_RETURN_ADDRESS, self.finish, methods=["GET"])
        return router

    def start(self, lanjut: str = "") -> Response:
        """Send the browser to the provider."""
        try:
            oidc_request, address = self._provider.new_request()
        except OidcUnavailable as error:
            _log.warning("oidc.unavailable", cause=str(error))
            return self._problem(wording.OIDC_UNAVAILABLE, HTTPStatus.BAD_GATEWAY)
        token = self._pending.start_oidc(oidc_request, local_address(lanjut))
        response = see_other(address)
        set_token(response, PENDING_COOKIE, token)
        return response

    def finish(self, request: Request) -> Response:
        """Check the provider's answer and sign the person in. Each answer is used once."""
        pending = self._pending.take(pending_token(request))
        if pending is None or pending.account_id is not None:
            return self._problem(wording.PENDING_ENDED, HTTPStatus.BAD_REQUEST)
        try:
            email = self._provider.verified_email(pending, dict(request.query_params))
        except OidcRefused as error:
            _log.warning("oidc.refused", reason=error.reason)
            return self._problem(wording.OIDC_REFUSED, HTTPStatus.FORBIDDEN)
        except OidcUnavailable as error:
            _log.warning("oidc.unavailable", cause=str(error))
            return self._problem(wording.OIDC_UNAVAILABLE, HTTPStatus.BAD_GATEWAY)
        try:
            account = self._account(email)
            reason = "no_account"
        except InvalidInvitation:
            account, reason = None, "invitation_ended"
        except NotPossible as error:
            account, reason = None, error.reason
        if account is None:
            _log.warning("oidc.refused", reason=reason)
            return self._problem(wording.OIDC_REFUSED, HTTPStatus.FORBIDDEN)
        result = self._sign_in.with_oidc(account, device_of(request), pending.continue_at, device_token(request))
        if isinstance(result, AccountEnded):
            return self._problem(self._ended_accounts.text(result.account), HTTPStatus.FORBIDDEN)
        return signed_in_response(result)

    def _account(self, email: str) -> Account | None:
        """Return the account of a verified address; an open invitation becomes an account.

        Raises `InvalidInvitation` and `NotPossible` if the invitation cannot be used.
        """
        account = self._accounts.by_email(email)
        if account and not account.revoked_at:
            return account
        account_id = self._acceptance.accept_by_oidc(email)
        return self._accounts.by_id(account_id) if account_id else None

    def _problem(self, problem: Message, status: HTTPStatus) -> Response:
        values = {"email": "", "continue_at": "", "problem": problem, "notice": None, "with_oidc": True}
        response = page_response(self._pages, "sign_in.html", {**values, "is_insecure": False}, status)
        delete_token(response, PENDING_COOKIE)
        return response

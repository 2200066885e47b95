"""Page on which a person asks for a link to set a new password."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from jinja2 import Environment
from starlette.background import BackgroundTask
from starlette.responses import Response

from accounts.account_store import normalized_email
from accounts.authentication.attempts import TooManyAttempts
from accounts.forgotten_password import ForgottenPassword
from accounts.invitations import FORGOTTEN_PASSWORD_LIMIT
from accounts.pages import wording
from accounts.signed_in import SIGN_IN_ADDRESS
from pages.clients import client_address
from pages.forms import Typed
from pages.responses import page_response

FORGOTTEN_ADDRESS = f"{SIGN_IN_ADDRESS}/lupa"


class ForgottenPages:
    """The page. Its answer is the same whether an address has an account or not; the e-mail is made after it."""

    def __init__(self, forgotten_password: ForgottenPassword, pages: Environment) -> None:
        self._forgotten_password = forgotten_password
        self._pages = pages

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(FORGOTTEN_ADDRESS, self.show, methods=["GET"])
        router.add_api_route(FORGOTTEN_ADDRESS, self.send_link, methods=["POST"])
        return router

    def show(self) -> Response:
        """Show the form, or what to do if the service has no e-mail."""
        return self._page({})

    def send_link(self, request: Request, email: Typed = "") -> Response:
        """Say that a link was sent if the address has an account, then send it."""
        if not self._forgotten_password.is_possible:
            return self._page({})
        if not normalized_email(email):
            return self._page({"problem": wording.NOT_POSSIBLE["email_invalid"], "email": email})
        try:
            self._forgotten_password.count_request(client_address(request.scope))
        except TooManyAttempts as error:
            headers = {"Retry-After": str(error.retry_after)}
            values = {"problem": wording.too_many_attempts(error.retry_after), "email": email}
            return self._page(values, HTTPStatus.TOO_MANY_REQUESTS, headers)
        response = self._page({"is_sent": True})
        response.background = BackgroundTask(self._forgotten_password.send_link, email)
        return response

    def _page(
        self,
        values: Mapping[str, Any],
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Response:
        all_values = {
            "is_possible": self._forgotten_password.is_possible,
            "is_sent": False,
            "email": "",
            "problem": None,
            "minutes": int(FORGOTTEN_PASSWORD_LIMIT.total_seconds()) // 60,
            **values,
        }
        page_status = status if all_values["problem"] else HTTPStatus.OK
        return page_response(self._pages, "forgotten.html", all_values, page_status, headers)

"""Page of a one-time link: the invited person sets a password."""

from http import HTTPStatus

from fastapi import APIRouter
from jinja2 import Environment
from starlette.responses import Response

from accounts.acceptance import Acceptance
from accounts.authentication.passwords import MIN_PASSWORD_LENGTH, WeakPassword
from accounts.invitations import InvalidInvitation, Invitation, Invitations
from accounts.pages import wording
from accounts.pages.password_threads import PasswordThreads
from accounts.person_checks import NotPossible
from accounts.signed_in import SIGN_IN_ADDRESS
from pages.forms import Typed
from pages.responses import page_response, see_other
from pages.translation.message import Message

INVITATION_ADDRESS = "/desk/undangan"


def invitation_link(own_address: str, token: str) -> str:
    """Return the one-time link of an invitation. `own_address` has no slash at its end."""
    return f"{own_address}{INVITATION_ADDRESS}/{token}"


class InvitationPages:
    """The page of an invitation. Opening it changes nothing: programs that check e-mails open links, too."""

    def __init__(
        self, invitations: Invitations, acceptance: Acceptance, pages: Environment, threads: PasswordThreads
    ) -> None:
        self._invitations = invitations
        self._acceptance = acceptance
        self._pages = pages
        self._threads = threads

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(f"{INVITATION_ADDRESS}/{{token}}", self.show, methods=["GET"])
        router.add_api_route(f"{INVITATION_ADDRESS}/{{token}}", self._threads.endpoint(self.accept), methods=["POST"])
        return router

    def show(self, token: str) -> Response:
        """Show the form for the new password."""
        try:
            invitation = self._invitations.find(token)
        except InvalidInvitation:
            return self._invalid()
        return self._form(invitation, {}, None)

    def accept(self, token: str, sandi: Typed = "", ulang: Typed = "", email: Typed = "", nama: Typed = "") -> Response:
        """Store the password. The person then signs in with it."""
        typed = {"email": email, "name": nama}
        try:
            invitation = self._invitations.find(token)
            if sandi != ulang:
                return self._form(invitation, typed, wording.PASSWORDS_DIFFER)
            self._acceptance.accept(token, sandi, email, nama)
        except InvalidInvitation:
            return self._invalid()
        except WeakPassword as error:
            return self._form(invitation, typed, wording.PASSWORD_FAULTS[error.fault])
        except NotPossible as error:
            return self._form(invitation, typed, wording.NOT_POSSIBLE[error.reason])
        return see_other(f"{SIGN_IN_ADDRESS}?selesai=sandi")

    def _form(
        self,
        invitation: Invitation,
        typed: dict[str, str],
        problem: Message | None,
        status: HTTPStatus = HTTPStatus.BAD_REQUEST,
    ) -> Response:
        values = {
            "invitation": invitation,
            "role": wording.ROLES[invitation.role],
            "typed": typed,
            "problem": problem,
            "min_length": MIN_PASSWORD_LENGTH,
        }
        return page_response(self._pages, "invitation.html", values, status if problem else HTTPStatus.OK)

    def _invalid(self) -> Response:
        return page_response(self._pages, "invitation_over.html", {}, HTTPStatus.GONE)

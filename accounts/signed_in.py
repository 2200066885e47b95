"""Interface by which every page of the desk learns who is signed in and checks the right to an act."""

import re
from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from accounts.permissions import Act, Actor, may
from pages.clients import asks_for_page
from pages.csrf import SAFE_METHODS, SIGNED_IN_PREFIXES, is_below
from pages.problems import PROBLEM_MEDIA_TYPE
from pages.responses import see_other

DESK = "/desk"
SIGN_IN_ADDRESS = "/desk/masuk"
SECOND_FACTOR_ADDRESS = "/desk/saya/kode"
_PRINTABLE_ASCII = re.compile(r"[!-~]+")
_MAX_ADDRESS_LENGTH = 2_000


class NotSignedIn(Exception):
    """Nobody is signed in: there is no session, or it has ended."""


class SecondFactorMissing(Exception):
    """The role of the person needs a second factor, which is not set up: nothing else is possible before."""


class Forbidden(Exception):
    """The person who is signed in may not do this."""


class SignedIn:
    """Finds the person of a request.

    `find_actor` reads the session. It returns None if there is no valid one, and may raise `SecondFactorMissing`.
    """

    def __init__(self, find_actor: Callable[[Request], Actor | None]) -> None:
        self._find_actor = find_actor

    def actor(self, request: Request) -> Actor:
        """Return the person who is signed in. Raises `NotSignedIn` or `SecondFactorMissing`."""
        actor = self._find_actor(request)
        if actor is None:
            raise NotSignedIn
        return actor

    def require(self, request: Request, act: Act, agency: str = "") -> Actor:
        """Return the person who is signed in and may do this act. Raises as `actor`, and `Forbidden`.

        `agency` is the code of the agency that has the case; "" for an act that concerns no agency.
        """
        actor = self.actor(request)
        if not may(actor, act, agency):
            raise Forbidden
        return actor


def local_address(typed: str) -> str:
    """Return an address to continue at after the sign-in: `typed` if it is one for persons who sign in, else `/desk`.

    Only a path below `/desk` or `/pengawasan` is accepted, so that no link to the sign-in page leads to another
    site. A browser reads a backslash as a slash and drops control characters; an address with one of them is not
    accepted.
    """
    if len(typed) > _MAX_ADDRESS_LENGTH or not _PRINTABLE_ASCII.fullmatch(typed) or "\\" in typed:
        return DESK
    try:
        parts = urlsplit(typed)
    except ValueError:
        return DESK
    if parts.scheme or parts.netloc or not _is_for_signed_in(parts.path) or ".." in parts.path:
        return DESK
    # The sign-in page itself would be shown again.
    return DESK if is_below(parts.path, SIGN_IN_ADDRESS) else typed


def _is_for_signed_in(path: str) -> bool:
    return any(is_below(path, prefix) for prefix in SIGNED_IN_PREFIXES)


def sign_in_address(request: Request) -> str:
    """Return the address of the sign-in page that continues at the page of this request."""
    return _continuing(SIGN_IN_ADDRESS, _own_page(request))


def second_factor_address(continue_at: str) -> str:
    """Return the address of the page that sets up the second factor and continues at another one."""
    if is_below(urlsplit(continue_at).path, SECOND_FACTOR_ADDRESS):
        return continue_at
    return _continuing(SECOND_FACTOR_ADDRESS, continue_at)


def _own_page(request: Request) -> str:
    """Return the address of the page of a request; `/desk` for a form, whose address may be no page."""
    url = request.url
    return url.path + (f"?{url.query}" if url.query else "") if request.method in SAFE_METHODS else DESK


def _continuing(address: str, continue_at: str) -> str:
    page = local_address(continue_at)
    return address if page == DESK else f"{address}?lanjut={quote(page, safe='/')}"


# Makes the page for a person: the session has ended (401), or the right is missing (403).
RefusedPage = Callable[[Request, HTTPStatus], Response]


def install_sign_in_handlers(app: FastAPI, page: RefusedPage) -> None:
    """Make `app` answer `NotSignedIn`, `SecondFactorMissing` and `Forbidden`.

    A person who opens a page is sent to the sign-in page. A form that is sent after the session has ended gets a page
    that says how to keep what was typed. A person without a needed second factor is sent to the page that sets it up.
    A program gets a problem (RFC 9457).
    """

    async def answer_not_signed_in(request: Request, _error: Exception) -> Response:
        if not asks_for_page(request.scope):
            return _problem(HTTPStatus.UNAUTHORIZED, "Anda belum masuk.")
        if request.method in SAFE_METHODS:
            return see_other(sign_in_address(request))
        return page(request, HTTPStatus.UNAUTHORIZED)

    async def answer_second_factor_missing(request: Request, _error: Exception) -> Response:
        if not asks_for_page(request.scope):
            return _problem(HTTPStatus.FORBIDDEN, "Aktifkan verifikasi dua langkah dahulu.")
        return see_other(second_factor_address(_own_page(request)))

    async def answer_forbidden(request: Request, _error: Exception) -> Response:
        if not asks_for_page(request.scope):
            return _problem(HTTPStatus.FORBIDDEN, "Anda tidak berhak melakukan ini.")
        return page(request, HTTPStatus.FORBIDDEN)

    app.add_exception_handler(NotSignedIn, answer_not_signed_in)
    app.add_exception_handler(SecondFactorMissing, answer_second_factor_missing)
    app.add_exception_handler(Forbidden, answer_forbidden)


def _problem(status: HTTPStatus, title: str) -> Response:
    content = {"type": "about:blank", "title": title, "status": int(status)}
    return JSONResponse(content, status, media_type=PROBLEM_MEDIA_TYPE)

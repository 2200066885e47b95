"""Page of the own account: sessions, password, second factor, e-mail preference."""

from datetime import date
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import segno
from fastapi import APIRouter, Request
from starlette.responses import Response

from accounts.account_store import Account, AccountStore
from accounts.appointments import Appointments, Leave, has_leaves, last_day, read_day
from accounts.authentication.attempts import TooManyAttempts
from accounts.authentication.passwords import MIN_PASSWORD_LENGTH, WeakPassword
from accounts.authentication.second_factor import key_address
from accounts.authentication.sign_in import SignIn
from accounts.own_account import OWN_PAGE, OwnAccount
from accounts.pages import wording
from accounts.pages.browser import BrowserSessions, device_token
from accounts.pages.password_threads import PasswordThreads
from accounts.permissions import Actor, actor_label
from accounts.person_checks import NotPossible
from accounts.sessions import Sessions
from accounts.signed_in import SECOND_FACTOR_ADDRESS, NotSignedIn, local_address
from accounts.tokens import token_hash
from pages.clients import client_address
from pages.csrf import is_below
from pages.forms import Typed
from pages.frame import SignedInPages
from pages.responses import see_other
from pages.translation.message import Message

OWN_ADDRESS = "/desk/saya"


class OwnPages:
    """The own account. A change of password or second factor needs the present password, and begins a new session."""

    def __init__(
        self,
        accounts: AccountStore,
        own_account: OwnAccount,
        appointments: Appointments,
        sessions: Sessions,
        sign_in: SignIn,
        browser_sessions: BrowserSessions,
        signed_in_pages: SignedInPages,
        threads: PasswordThreads,
    ) -> None:
        self._accounts = accounts
        self._own_account = own_account
        self._appointments = appointments
        self._sessions = sessions
        self._sign_in = sign_in
        self._browser_sessions = browser_sessions
        self._signed_in_pages = signed_in_pages
        self._threads = threads

    def routes(self) -> APIRouter:
        """Return the routes of this page."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(OWN_ADDRESS, self.show, methods=["GET"])
        router.add_api_route(f"{OWN_ADDRESS}/sandi", self._threads.endpoint(self.change_password), methods=["POST"])
        router.add_api_route(f"{OWN_ADDRESS}/sesi", self.end_sessions, methods=["POST"])
        router.add_api_route(f"{OWN_ADDRESS}/surat", self.set_digest, methods=["POST"])
        router.add_api_route(f"{OWN_ADDRESS}/cuti", self.set_leave, methods=["POST"])
        router.add_api_route(SECOND_FACTOR_ADDRESS, self.show_second_factor, methods=["GET"])
        router.add_api_route(SECOND_FACTOR_ADDRESS, self._threads.endpoint(self.switch_on), methods=["POST"])
        router.add_api_route(f"{SECOND_FACTOR_ADDRESS}/mati", self._threads.endpoint(self.switch_off), methods=["POST"])
        return router

    def show(self, request: Request, selesai: str = "") -> Response:
        """Show the page."""
        return self._page(request, None, wording.NOTICES.get(selesai))

    def change_password(
        self, request: Request, sandi: Typed = "", sandi_baru: Typed = "", ulang: Typed = ""
    ) -> Response:
        """Change the password. All other sessions of the person end."""
        account = self._account(request)
        if problem := self._password_problem(request, account.actor, sandi):
            return self._page(request, problem)
        if sandi_baru != ulang:
            return self._page(request, wording.PASSWORDS_DIFFER)
        try:
            self._own_account.change_password(account, sandi_baru)
        except WeakPassword as error:
            return self._page(request, wording.PASSWORD_FAULTS[error.fault])
        return self._renewed(request, account, "sandi-diganti")

    def end_sessions(self, request: Request, sesi: Typed = "") -> Response:
        """End one session of the person, or all others (`sesi` is `lain`)."""
        session = self._browser_sessions.require(request)
        if sesi == "lain":
            self._own_account.end_other_sessions(session.actor, session.id)
        else:
            self._own_account.end_session(session.actor, _uuid(sesi))
        return see_other(f"{OWN_ADDRESS}?selesai=sesi")

    def set_digest(self, request: Request, surat: Typed = "") -> Response:
        """Store whether the person wants the daily e-mail."""
        self._accounts.change(self._account(request).id, {"wants_digest": bool(surat)})
        return see_other(f"{OWN_ADDRESS}?selesai=surat")

    def set_leave(
        self, request: Request, wakil: Typed = "", dari: Typed = "", sampai: Typed = "", langkah: Typed = ""
    ) -> Response:
        """Store a leave of the person: who stands in, first and last day. `langkah` may be `batal`: it ends."""
        account = self._account(request)
        by = actor_label(account.actor)
        try:
            if langkah == "batal":
                self._appointments.end_leave(account.id, by, OWN_PAGE)
                return see_other(f"{OWN_ADDRESS}?selesai=cuti-batal")
            leave = Leave(_uuid(wakil) if wakil else None, read_day(dari), read_day(sampai))
            self._appointments.set_leave(account.id, leave, by, OWN_PAGE)
        except NotPossible as error:
            return self._page(request, wording.NOT_POSSIBLE[error.reason], typed=(wakil, dari, sampai))
        except ValueError:
            return self._page(request, wording.DATE_INVALID, typed=(wakil, dari, sampai))
        return see_other(f"{OWN_ADDRESS}?selesai=cuti")

    def show_second_factor(self, request: Request, lanjut: str = "") -> Response:
        """Show a new key for the authenticator app. `lanjut` is the page that the person came for."""
        return self._second_factor_page(request, lanjut, None)

    def switch_on(
        self, request: Request, sandi: Typed = "", kode: Typed = "", kunci: Typed = "", lanjut: Typed = ""
    ) -> Response:
        """Switch the second factor on, and show the recovery codes once.

        `kunci` is the hash of the secret that the form's page has shown. Another page may have replaced it meanwhile.
        """
        account = self._account_for_set_up(request)
        if problem := self._password_problem(request, account.actor, sandi):
            return self._second_factor_page(request, lanjut, problem)
        recovery_codes = self._own_account.switch_on_second_factor(account, kode)
        if not recovery_codes:
            secret = self._own_account.unconfirmed_second_factor(account)
            is_shown = token_hash(secret) == kunci
            return self._second_factor_page(request, lanjut, wording.CODE_REFUSED, secret if is_shown else "")
        values = {"recovery_codes": recovery_codes, "continue_at": _continue_at(lanjut)}
        response = self._signed_in_pages.render("recovery_codes.html", request, account.actor, values)
        self._browser_sessions.replace(request, response, account.id)
        return response

    def switch_off(self, request: Request, sandi: Typed = "") -> Response:
        """Switch the second factor off, unless the role needs it."""
        account = self._account(request)
        if account.must_have_second_factor:
            return self._page(request, wording.SECOND_FACTOR_NEEDED)
        if problem := self._password_problem(request, account.actor, sandi):
            return self._page(request, problem)
        self._own_account.switch_off_second_factor(account)
        return self._renewed(request, account, "kode-dimatikan")

    def _renewed(self, request: Request, account: Account, notice: str) -> Response:
        """Return to the page with a new session: the token from before the change is worth nothing."""
        response = see_other(f"{OWN_ADDRESS}?selesai={notice}")
        self._browser_sessions.replace(request, response, account.id)
        return response

    def _account(self, request: Request) -> Account:
        self._browser_sessions.require(request)
        return self._account_for_set_up(request)

    def _account_for_set_up(self, request: Request) -> Account:
        """Return the account, also without a needed second factor."""
        account = self._accounts.by_id(self._browser_sessions.require_for_set_up(request).actor.account_id)
        if account is None or account.revoked_at:
            raise NotSignedIn
        return account

    def _password_problem(self, request: Request, actor: Actor, password: str) -> Message | None:
        """Return why the act is refused, None if the present password is right."""
        try:
            is_right = self._sign_in.is_own_password(
                actor, password, client_address(request.scope), device_token(request)
            )
        except TooManyAttempts as error:
            return wording.too_many_attempts(error.retry_after)
        return None if is_right else wording.PASSWORD_REFUSED

    def _page(
        self,
        request: Request,
        problem: Message | None,
        notice: Message | None = None,
        typed: tuple[str, str, str] = ("", "", ""),
    ) -> Response:
        """Return the page. `typed` are the fields of a leave that was not stored."""
        session, account = self._browser_sessions.require(request), self._account(request)
        zone = self._appointments.zone(account.agency)
        values: dict[str, Any] = {
            "account": account,
            "role": wording.ROLES[account.role],
            "sessions": self._sessions.of_account(account.id),
            "own_session": session.id,
            "recovery_codes": self._own_account.remaining_recovery_codes(account.id),
            "min_length": MIN_PASSWORD_LENGTH,
            "problem": problem,
            "notice": notice,
            "last_day": last_day(account.ends_at, zone) if account.ends_at else None,
            "may_be_away": has_leaves(account.role),
            "leave": self._leave(account),
            "stand_ins": self._appointments.possible_stand_ins(account) if has_leaves(account.role) else (),
            "typed": typed,
        }
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._signed_in_pages.render("own_account.html", request, account.actor, values, status)

    def _leave(self, account: Account) -> tuple[date, date, str] | None:
        """Return the days of the leave and the name of who stands in; `None` without one that is not over."""
        if account.away_from is None or account.away_until is None or not account.has_leave(self._appointments.now()):
            return None
        zone = self._appointments.zone(account.agency)
        stand_in = self._accounts.by_id(account.stand_in) if account.stand_in else None
        first = account.away_from.astimezone(zone).date()
        return first, last_day(account.away_until, zone), stand_in.name if stand_in else ""

    def _second_factor_page(
        self, request: Request, lanjut: str, problem: Message | None, shown_secret: str = ""
    ) -> Response:
        """Return the page with a new secret, or with the one that the person has added to the app already."""
        account = self._account_for_set_up(request)
        secret = shown_secret or self._own_account.new_second_factor(account)
        if not secret:
            return see_other(OWN_ADDRESS)
        image = segno.make(key_address(secret, account.email), micro=False).svg_data_uri(
            scale=5, border=4, light="#fff"
        )
        groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
        values: dict[str, Any] = {"image": image, "secret": groups, "key": token_hash(secret), "problem": problem}
        values["is_new"] = not shown_secret
        values["is_needed"] = account.must_have_second_factor
        values["continue_at"] = _continue_at(lanjut)
        status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
        return self._signed_in_pages.render("second_factor.html", request, account.actor, values, status)


def _continue_at(lanjut: str) -> str:
    """Return the page after the set-up. A person who came for the set-up itself continues at the own account."""
    address = local_address(lanjut)
    return OWN_ADDRESS if is_below(urlsplit(address).path, SECOND_FACTOR_ADDRESS) else address


def _uuid(typed: str) -> UUID:
    """Return an id from a form; an id that nothing has for a text that is none."""
    try:
        return UUID(typed)
    except ValueError:
        return UUID(int=0)

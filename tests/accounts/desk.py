"""A desk with accounts on a real database, a clock that a test moves, and persons who have signed in."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from fastapi import FastAPI, Request
from jinja2 import Environment
from sqlalchemy import Connection, Engine
from starlette.responses import PlainTextResponse, Response

from accounts.account_store import Account
from accounts.authentication.oidc import OidcProvider
from accounts.invitations import NewPerson
from accounts.mail import AccountMail, NoAccountMail
from accounts.pages.account_pages import AccountPages
from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, Act, Role
from accounts.services import AccountServices
from config.time_zones import time_zone
from ingest.http.client_networks import client_networks
from pages.environment import page_environment
from pages.frame import NavigationEntry
from pages.headers import PageHeaders
from pages.translation.message import Message
from pages.translation.translator import load_translator
from tests.accounts.desk_client import DeskClient, OpenDesk
from tests.support.deadlines import DEADLINES
from tests.support.paths import ROOT

PASSWORD = "kopi pagi di beranda"
PLACES = ("Jawa Tengah", "Kota Semarang", "Kabupaten Aceh Selatan", "kementerian-kemenkes", "bumn-pln")
AGENCIES = {"kota-3374": "Kota Semarang", "bumn-pln": "PT PLN (Persero)", "lembaga-ombudsman": "Ombudsman"}
JAKARTA = time_zone("").value
SESSION = "__Host-meja"
_TEMPLATES = [ROOT / "accounts" / "templates"]
NAVIGATION = [
    NavigationEntry(Message("Laporan"), "/desk", Act.VIEW_CASE),
    NavigationEntry(Message("Akun"), "/desk/akun", Act.MANAGE_OFFICERS),
]
# Parameters that take no time. The real ones take 64 MiB and a tenth of a second for each password.
CHEAP_HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    time: datetime = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, period: timedelta) -> None:
        """Move the clock forwards."""
        self.time += period


@dataclass(frozen=True)
class AuditRow:
    """A row of the audit log."""

    action: str
    subject: str
    actor: str
    why: str


@dataclass
class NumberedIds:
    """Randomness whose ids are numbers in order."""

    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def token(self) -> str:
        """Return a token that nobody can guess."""
        return secrets.token_urlsafe(32)

    def new_id(self) -> UUID:
        """Return the next id."""
        return UUID(int=next(self.numbers), version=4)


@dataclass
class Desk:
    """Accounts on a database, and the audit log as a list."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    hasher: PasswordHasher = CHEAP_HASHER
    log: list[AuditRow] = field(default_factory=list)
    record_hook: Callable[..., None] = lambda *_: None
    mail: AccountMail = field(default_factory=NoAccountMail)
    released: list[tuple[UUID, str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Build the services."""
        self.services = AccountServices(
            self.engine,
            bytes(range(64)),
            self._record,
            AGENCIES.__contains__,
            find_units,
            covers_unit,
            lambda _agency: JAKARTA,
            self.released_hook,
            client_networks,
            self.clock,
            NumberedIds(),
            self.hasher,
            lambda: PLACES,
            self.mail,
        )

    def app(self, own_address: str = "http://127.0.0.1", oidc: OidcProvider | None = None) -> FastAPI:
        """Return the desk's application with the accounts' pages and one page of a case."""
        app = FastAPI()
        pages = self.pages(own_address, oidc)
        pages.install(app)

        def show_case(request: Request) -> Response:
            return PlainTextResponse(pages.signed_in.require(request, Act.VIEW_CASE, "kota-3374").name)

        app.add_api_route("/desk", show_case, methods=["GET"])
        app.add_api_route("/desk/laporan", show_case, methods=["GET", "POST"])
        app.add_middleware(PageHeaders, new_nonce=lambda: secrets.token_urlsafe(16))
        return app

    def pages(self, own_address: str = "http://127.0.0.1", oidc: OidcProvider | None = None) -> AccountPages:
        """Return the accounts' pages."""
        return AccountPages(
            self.services,
            _environment(),
            NAVIGATION,
            lambda code: AGENCIES.get(code, code),
            find_agencies,
            own_address,
            oidc,
        )

    def add(self, name: str, role: Role = Role.OFFICER, agency: str | None = None, password: str = PASSWORD) -> UUID:
        """Invite a person and set the password. The address is that of `email_of`."""
        usual = {**dict.fromkeys(AGENCY_ROLES, "kota-3374"), Role.TRIAGE: TRIAGE_AGENCY}
        person = NewPerson(email_of(name), name, role, usual.get(role, "") if agency is None else agency)
        token = self.services.people.invite(person, "Tester", "test")
        return self.services.acceptance.accept(token, password)

    def switch_on_second_factor(self, account_id: UUID) -> str:
        """Switch the second factor of a person on. Return its secret."""
        secret = self.services.second_factors.prepare(account_id)
        assert self.services.second_factors.confirm(account_id, pyotp.TOTP(secret).at(self.clock.time))
        return secret

    def give_needed_factor(self, name: str) -> None:
        """Switch the second factor of a person on whose role needs one. The sessions of the person stay."""
        account = self.services.accounts.by_email(email_of(name))
        assert account
        if account.must_have_second_factor and not account.has_second_factor:
            self.switch_on_second_factor(account.id)

    def actions(self) -> list[str]:
        """Return the actions of the audit log."""
        return [row.action for row in self.log]

    def released_hook(self, _connection: Connection, account: Account, unit: str | None) -> None:
        """Keep whose cases were released, and the new unit of the person."""
        self.released.append((account.id, unit))

    def _record(self, action: str, subject: str, actor: str, why: str, at: datetime) -> None:
        assert at == self.clock()
        self.record_hook(action)
        self.log.append(AuditRow(action, subject, actor, why))


@cache
def _environment() -> Environment:
    """Return the environment of the templates; they are compiled once."""
    return page_environment(_TEMPLATES, load_translator(), DEADLINES.calendar.is_provisional)


def find_units(agency: str) -> Sequence[tuple[str, str]]:
    """Return code and name of the units of the city."""
    return [("DINKES", "Dinas Kesehatan"), ("PKM-1", "Dinas Kesehatan / Puskesmas 1")] if agency == "kota-3374" else []


def covers_unit(_agency: str, upper: str, lower: str) -> bool:
    """Return True if the first unit is the second one or above it."""
    return not upper or upper == lower or (upper, lower) == ("DINKES", "PKM-1")


def find_agencies(typed: str) -> Sequence[tuple[str, str]]:
    """Return the institutions whose names contain a text."""
    return [(code, name) for code, name in AGENCIES.items() if typed.casefold() in name.casefold()]


def email_of(name: str) -> str:
    """Return the address of an invented person."""
    return f"{name.lower().replace(' ', '.')}@semarang.example"


def sign_in(client: DeskClient, name: str, password: str = PASSWORD, continue_at: str = "") -> str:
    """Sign in, and return the address that the desk redirects to."""
    answer = client.post("/desk/masuk", {"email": email_of(name), "sandi": password, "lanjut": continue_at})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def signed_in_client(desk: Desk, open_desk: OpenDesk, name: str) -> DeskClient:
    """Return a client whose person has signed in, with a second factor if the role needs one."""
    client = open_desk(desk.app())
    sign_in(client, name)
    desk.give_needed_factor(name)
    return client

"""Every application of the service in one process, over a database with cases, accounts, a key and a device."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine, insert, update
from starlette.types import ASGIApp

from accounts.pages.browser import SESSION_COOKIE
from accounts.permissions import AGENCY_ROLES, TRIAGE_AGENCY, Actor, Role
from accounts.sessions import Sessions
from accounts.tables import AccountRow
from app.assembly import operations_http
from app.assembly.desk.api import build_agency_keys
from app.assembly.desk.http import SplitByPath
from app.assembly.desk.parts import DeskParts
from app.assembly.parts import Parts
from app.assembly.process_health import http_doors
from app.assembly.stages.public_port import public_application
from app.operations.overseen_cases.case_readings import CaseReadings
from config.database import read_transaction, write_transaction
from desk.api.edge import ApiEdge
from desk.api.keys.agency_keys import AgencyKeys
from desk.api.keys.rate_limits import AGENCY_RATES
from desk.api.keys.scopes import SCOPES
from desk.read_model.queries import CaseFilter, read_page
from desk.units.tiers import Tier
from ingest.counter.stamps import CounterStamps
from ingest.http.admission import ADDRESS_RATES
from messages.sender_link import sender_token
from messages.topics import OVERSIGHT, RECOMMENDATIONS
from monitor.health import ProcessHealth
from tests.app.test_corrections import CorrectionHarness, message_of, number
from tests.conftest import NOW
from tests.monitor.console.snapshots import PlantedMonitor, quiet
from tests.support.case_stages import all_cases

AGENCY = "kota-3374"
_NAME = "Sari Dewi"
_SPARE_ACCOUNT = UUID(int=99)
# No rate is reached: each request must come to its route.
_NO_LIMIT = "1000000/second"


class RouteFacts(NamedTuple):
    """A route: one method and one address. `names` are the values that it declares, without those of its path."""

    method: str
    path: str
    names: frozenset[str]


class Site:
    """The public port with doors, desk and interface, and the operations' port with the console.

    `headers_of` signs in: with a key or device, or as a role.
    """

    def __init__(self, parts: Parts, engine: Engine) -> None:
        rates = dict.fromkeys([*ADDRESS_RATES, *AGENCY_RATES, *parts.channels.rates], _NO_LIMIT)
        changes = {"public_view": True, "public_figures": True, "rates": rates}
        parts.core.settings = parts.settings.model_copy(update=changes)
        parts.core.engine, parts.core.now = engine, lambda: NOW
        self.parts = parts
        health = ProcessHealth()
        health.started.set()
        self.desk = DeskParts(parts)
        self.producer = parts.bus.producer()
        public = public_application(parts, self.producer, self.desk, health, http_doors(parts))
        monitor = PlantedMonitor(quiet(NOW))
        monitor.loop.step()
        operations = operations_http.build(parts, health, http_doors(parts), monitor.loop)
        self.applications: tuple[ASGIApp, ...] = (public, operations)
        self._sessions = Sessions(engine, parts.now, lambda: uuid4().hex, uuid4)
        self._send_reports()
        self._accounts = dict(self._open_accounts())
        keys: AgencyKeys = build_agency_keys(parts, self.desk.audit_log.append)
        _, self._key = keys.issue(AGENCY, SCOPES, "petugas-1", "uji coba")
        self._device = uuid4()
        self._signed_in: dict[tuple[str, Role | None], Mapping[str, str]] = {}
        with read_transaction(engine) as connection:
            (self.case,) = read_page(connection, Tier(AGENCY), CaseFilter(), NOW, 1).rows
        overseer = Actor(self._accounts[Role.OVERSEER], _NAME, Role.OVERSEER)
        readings = CaseReadings(engine, self.desk.audit_log)
        readings.begin(overseer, self.case.complaint_id, "pengaduan: uji coba", NOW)

    def close(self) -> None:
        """Close the producers."""
        self.reports.producer.close()
        self.producer.close()
        self.desk.close()

    def routes(self) -> Iterator[tuple[ASGIApp, RouteFacts]]:
        """Return the routes of all applications, each with the application that has the port."""
        for application in self.applications:
            for route in dict.fromkeys(_routes(application, "")):
                yield application, route

    def headers_of(self, method: str, path: str, role: Role | None) -> Mapping[str, str]:
        """Return the headers of a request that is signed in, as programs or persons are at this address."""
        if path.startswith("/agency"):
            return {"authorization": f"Bearer {self._key}"}
        # Another request than GET may end what signs in.
        if method != "GET" or (path[:2], role) not in self._signed_in:
            self._signed_in[path[:2], role] = self._new_headers(path, role)
        return self._signed_in[path[:2], role]

    def _new_headers(self, path: str, role: Role | None) -> Mapping[str, str]:
        if path.startswith("/mobile"):
            token, _ = self.parts.doors.devices.register(self._device, None, NOW)
            return {"authorization": f"Bearer {token}"}
        headers = {"sec-fetch-site": "same-origin", "accept": "text/html"}
        if role is not None:
            headers["cookie"] = f"{SESSION_COOKIE}={self._sessions.start(self._accounts[role], 'uji coba')}"
        return headers

    def take_second_factors(self) -> None:
        """Give all persons a password and no second factor, as after the first link."""
        with write_transaction(self.parts.engine) as connection:
            connection.execute(update(AccountRow).values(password_hash="not the hash of a password"))

    def value_of(self, name: str, path: str = "") -> str:
        """Return a value of a request that is right for this name, as far as there is one for all routes."""
        values: dict[str, str] = {
            "number": number(2) if path.startswith("/desk/triase") else self.case.tracking,
            "nomor": self.case.tracking,
            "a": self.case.tracking,
            "b": number(2),
            "token": sender_token(message_of(1), self.parts.secrets.link_key),
            "proof": CounterStamps(self.parts.secrets.sender_key).receipt(
                self.case.tracking, message_of(1), self._accounts[Role.OFFICER], NOW
            ),
            "versi": str(self.case.version),
            "disposisi": str(self.case.dispatch_id),
            "formulir": str(uuid4()),
            "kind": "instansi",
            "value": AGENCY,
            "code": "33",
            "name": "ops.css",
            "alasan": "Alasan uji coba yang cukup panjang",
            "teks": "Kami sudah memeriksa tempat itu.",
            "isi": "Mohon segera diperiksa.",
            "instansi": AGENCY,
            "after": "0",
            "tindakan": "sesi" if path.startswith("/desk/akun") else "1",
            # Nobody signs in as this person.
            "account_id": str(_SPARE_ACCOUNT),
        }
        return values.get(name, str(UUID(int=7)) if name.endswith("_id") else "1")

    def _send_reports(self) -> None:
        self.reports = CorrectionHarness(self.parts, self.parts.engine)
        self.reports.write(1, "Lampu jalan padam di Kota Semarang")
        self.reports.write(2, "Jalan rusak parah", at=NOW)
        self.reports.work()
        queues = (*self.parts.queues, OVERSIGHT, RECOMMENDATIONS)
        self.reports.batch("cases", all_cases(self.parts), queues)

    def _open_accounts(self) -> Iterator[tuple[Role, UUID]]:
        self._open_account(_SPARE_ACCOUNT, Role.OFFICER)
        for index, role in enumerate(Role, start=1):
            self._open_account(UUID(int=index), role)
            yield role, UUID(int=index)

    def _open_account(self, account_id: UUID, role: Role) -> None:
        agency = AGENCY if role in AGENCY_ROLES else TRIAGE_AGENCY if role is Role.TRIAGE else ""
        row = {"id": account_id, "email": f"{account_id.hex}@contoh.id", "name": _NAME, "role": role, "agency": agency}
        with write_transaction(self.parts.engine) as connection:
            connection.execute(insert(AccountRow).values(**row, created_at=NOW))


def _routes(application: Any, prefix: str) -> Iterator[RouteFacts]:
    """Yield the routes below an application, also of those that are mounted in it."""
    if isinstance(application, SplitByPath):
        for inner in {*application._applications.values(), application._others}:  # noqa: SLF001 - all of its parts
            yield from _routes(inner, prefix)
        return
    if isinstance(application, ApiEdge):
        application = application._app  # noqa: SLF001 - as above
    for context in iter_route_contexts(application.routes):
        if context.methods is None:
            yield from _routes(context.original_route.app, f"{prefix}{context.path}")  # type: ignore[attr-defined]
            continue
        declared = getattr(context, "dependant", None)
        fields = [*declared.query_params, *declared.body_params, *declared.header_params] if declared else []
        for method in sorted(context.methods):
            yield RouteFacts(method, f"{prefix}{context.path}", frozenset(field.alias for field in fields))

"""No value from outside makes a route fail: every route of every application, on both databases."""

import asyncio
import contextvars
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from starlette.datastructures import ImmutableMultiDict, QueryParams
from starlette.types import ASGIApp
from twilio.request_validator import RequestValidator

from accounts.permissions import SECOND_FACTOR_ROLES, Role
from app.assembly.parts import Parts
from desk.pages.list_query import read_list_query
from pages.csrf import SIGNED_IN_PREFIXES, is_below
from pages.forms import Form
from tests.app.routes.asgi_request import Answer, answer_of
from tests.app.routes.documented import FORM, JSON, DocumentedRoute, documented_routes, planted_values
from tests.app.routes.site import RouteFacts, Site

VALUES: Mapping[str, str] = {
    "NUL": "a\0b",
    "surrogate": "\ud800",
    "64 bits": str(2**63),
    "5,000 digits": "9" * 5_000,
    "digits of another script": "²",
    "year 1": "0001-01-01",
    "year 1, east": "0001-01-01T00:00:00+14:00",
    "year 9999": "9999-12-31",
    "year 9999, west": "9999-12-31T23:59:59-12:00",
    "first place": "0001-01-01T00:00:00+14:00~00000000-0000-0000-0000-000000000001",
    "last place": "9999-12-31T23:59:59-12:00~00000000-0000-0000-0000-000000000001",
    "first place of triage": "0_0001-01-01T00:00:00+14:00_7",
    "bidi": "\u202eLaporan\u2066",
    "10,000 characters": "a" * 10_000,
    "empty": "",
}
# One of each kind: sent for one name alone, so that an earlier check of another name does not hide the later ones.
ALONE = (
    *("NUL", "surrogate", "64 bits", "5,000 digits", "digits of another script", "year 1, east", "first place"),
    "10,000 characters",
)
# What only JSON can have.
JSON_VALUES: Mapping[str, Any] = {"number": 2**63, "negative": -(2**70), "infinite": float("inf"), "list": [[]]}
JSON_BODIES = (b"[" * 50_000, b'{"text": 1e999}', b'{"text": "\\ud800', b"\xff\xfe", b"9" * 5_000, b"null", b"")
HEADERS: Mapping[str, bytes] = {
    "NUL": b"a\0b",
    "no UTF-8": b"\xff\xed\xa0\x80",
    "5,000 digits": b"9" * 5_000,
    "digits of another script": b"\xb2",
}
READ_BY_LIBRARIES = (
    *("accept", "accept-language", "user-agent", "origin", "referer", "content-type", "if-none-match", "if-match"),
    *("idempotency-key", "last-event-id", "range", "x-forwarded-for", "x-twilio-signature"),
)
IDENTIFYING = ("cookie", "authorization")
# There are 159 today.
MIN_ROUTES = 150
# Its answer is the way to the sign-in page.
SIGN_OUT = "POST /desk/keluar"
# Routes of persons who sign in, without those below. There are 66 today.
MIN_ROUTES_FOR_PERSONS = 60
# What a person does before the second factor: sign in, use a link, set the factor up, sign out. The script of the pages
# is a file of the program, and everybody may read it.
WITHOUT_SECOND_FACTOR = {
    ("GET", "/desk/meja.js"),
    ("GET", "/desk/masuk"),
    ("POST", "/desk/masuk"),
    ("GET", "/desk/masuk/kode"),
    ("POST", "/desk/masuk/kode"),
    ("GET", "/desk/masuk/lupa"),
    ("POST", "/desk/masuk/lupa"),
    ("GET", "/desk/undangan/{token}"),
    ("POST", "/desk/undangan/{token}"),
    ("GET", "/desk/saya/kode"),
    ("POST", "/desk/saya/kode"),
    ("POST", "/desk/keluar"),
}


class Reading:
    """Names of the arguments and fields that the routes looked for since `clear`."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.names: set[str] = set()
        for kind, methods in {
            ImmutableMultiDict: ("get", "getlist", "__getitem__", "__contains__"),
            Form: ("text", "lines"),
        }.items():
            for method in methods:
                patch.setattr(kind, method, self._noting(getattr(kind, method)))

    def _noting(self, method: Any) -> Any:
        def noting(values: Any, name: Any, *default: Any) -> Any:
            self.names.add(name)
            return method(values, name, *default)

        return noting


class Attack:
    """Requests to the routes of a site. `faults` are those that failed, `closed` the routes that no request opened."""

    def __init__(self, site: Site, reading: Reading) -> None:
        self.site = site
        self.faults: list[str] = []
        self.closed: list[str] = []
        self.routes: list[RouteFacts] = []
        self._reading = reading
        reading.names.clear()
        read_list_query(QueryParams(""))
        self._names_of_list = frozenset(reading.names)

    async def run(self) -> None:
        """Attack every route."""
        documents = {id(app): await documented_routes(app) for app in self.site.applications}
        for application, route in self.site.routes():
            self.routes.append(route)
            documented = documents[id(application)].get((route.method, route.path), DocumentedRoute())
            await self._attack(application, route, documented)

    async def _attack(self, application: ASGIApp, route: RouteFacts, documented: DocumentedRoute) -> None:
        role = await self._fitting_role(application, route)

        async def send(what: str, path: str, values: Mapping[str, str], form: Mapping[str, str], **more: Any) -> Answer:
            return await self._send(application, route, role, what, path, values, form, **more)

        path = self._path(route, {})
        names = await self._names(send, path, route, documented)
        valid = {name: self.site.value_of(name, route.path) for name in names}
        form = {**valid, **{name: str(value) for name, value in documented.form.items()}}
        alone = self._names_to_send_alone(route, form)
        parts_of_path = re.findall(r"{(\w+)", route.path)
        for label, value in VALUES.items():
            if form:
                await send(f"all {label}", path, dict.fromkeys(names, value), dict.fromkeys(form, value))
            if label not in ALONE:
                continue
            for name in parts_of_path:
                await send(f"{name} in the path {label}", self._path(route, {name: value}), {}, form)
            for name in alone:
                arguments = {**valid, name: value} if name in valid else valid
                await send(f"{name} {label}", path, arguments, {**form, name: value})
        for label, header in HEADERS.items():
            for chosen in _header_sets(documented):
                await send(f"{chosen} {label}", path, valid, form, headers=dict.fromkeys(chosen, header))
        if documented.json is not None:
            await self._send_json(send, path, documented.json)

    def _names_to_send_alone(self, route: RouteFacts, form: Mapping[str, str]) -> Sequence[str]:
        """Return the names of a form of several.

        The values of the list's filter are read by one function: one route shows each of them alone.
        """
        if len(form) == 1:
            return ()
        return sorted(form.keys() - (self._names_of_list if route.path != "/desk/laporan" else set()))

    async def _send_json(self, send: Any, path: str, example: Any) -> None:
        for label, value in {**VALUES, **JSON_VALUES}.items():
            for place, content in planted_values(example, value):
                await send(f"{place} in JSON {label}", path, {}, {}, body=json.dumps(content).encode())
        for body in JSON_BODIES:
            await send(f"JSON {body[:20]!r}", path, {}, {}, body=body)

    async def _names(self, send: Any, path: str, route: RouteFacts, documented: DocumentedRoute) -> Sequence[str]:
        """Return the arguments and fields of a route: those that it declares, and those that it looks for."""
        names = {*route.names, *documented.arguments}
        answers: list[Answer] = []
        # What it looks for may depend on what it finds.
        for _ in range(2):
            self._reading.names.clear()
            values = {name: self.site.value_of(name, route.path) for name in names}
            answers.append(await send("valid", path, values, {**documented.form, **values}))
            names |= {name for name in self._reading.names if name.isprintable()}
        if documented.json is not None:
            answers.append(await send("valid JSON", path, {}, {}, body=json.dumps(documented.json).encode()))
        if all(answer.status in {401, 403} or _leads_to_sign_in(answer) for answer in answers):
            self.closed.append(f"{route.method} {route.path}")
        return sorted(names)

    async def _fitting_role(self, application: ASGIApp, route: RouteFacts) -> Role | None:
        """Return a role that may open the route, `None` where nobody signs in."""
        if not route.path.startswith(("/desk", "/pengawasan")):
            return None
        fitting: dict[int, Role] = {}
        await self._send(application, route, None, "nobody", self._path(route, {}), {}, {})
        for role in Role:
            form = {name: self.site.value_of(name, route.path) for name in route.names}
            answer = await self._send(application, route, role, "plain", self._path(route, {}), {}, form)
            if answer.status not in {401, 403} and not _leads_to_sign_in(answer):
                fitting.setdefault(answer.status, role)
        # A page that is there, or a form whose fields are wrong, rather than a case that the role does not find.
        return fitting[min(fitting, key=lambda status: (status in {404, 409}, status))] if fitting else None

    def _path(self, route: RouteFacts, values: Mapping[str, str]) -> str:
        def value(match: re.Match[str]) -> str:
            name = match[1]
            return _encoded(values[name] if name in values else self.site.value_of(name, route.path))

        return re.sub(r"{(\w+)(?::\w+)?}", value, route.path)

    async def _send(
        self,
        application: ASGIApp,
        route: RouteFacts,
        role: Role | None,
        what: str,
        path: str,
        values: Mapping[str, str],
        form: Mapping[str, str],
        *,
        body: bytes | None = None,
        headers: Mapping[str, bytes] = {},
    ) -> Answer:
        target = f"{path}?{_urlencoded(values)}" if values else path
        all_headers = {
            name: value.encode() for name, value in self.site.headers_of(route.method, route.path, role).items()
        }
        content = b""
        if route.method not in {"GET", "HEAD"}:
            content = _urlencoded(form).encode() if body is None else body
            all_headers["content-type"] = (FORM if body is None else JSON).encode()
        if route.path.startswith("/sms"):
            all_headers["x-twilio-signature"] = self._twilio_signature(target, form)
        try:
            answer = await answer_of(application, route.method, target, {**all_headers, **headers}, content)
        except Exception as error:  # noqa: BLE001 - the fault that the test looks for
            answer, what = Answer(500, {}, b""), f"{what}: {type(error).__name__} {str(error)[:200]}"
        if answer.status >= 500:
            self.faults.append(f"{answer.status} {route.method} {route.path} {role or ''} {what}")
        return answer

    def _twilio_signature(self, target: str, form: Mapping[str, str]) -> bytes:
        address = f"{self.site.parts.settings.reached_at}{target}"
        shown = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
        return str(RequestValidator("twilio-test").compute_signature(address, shown)).encode()


def _header_sets(documented: DocumentedRoute) -> Sequence[Sequence[str]]:
    """Return the headers that are sent together: those of all requests, what signs in, each of the route alone."""
    own_headers = sorted(name.lower() for name in documented.headers)
    return [(*READ_BY_LIBRARIES, *own_headers), IDENTIFYING, *((name,) for name in own_headers)]


def _encoded(value: str) -> str:
    return quote(value, safe="", errors="surrogatepass")


def _urlencoded(values: Mapping[str, str]) -> str:
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in values.items())


async def _run_here(function: Callable[..., Any], *arguments: Any, **_options: Any) -> Any:
    """Run a function of a route as a thread would: in a copy of the context."""
    return contextvars.copy_context().run(function, *arguments)


def _leads_to_sign_in(answer: Answer) -> bool:
    return "/desk/masuk" in answer.headers.get("location", "")


@pytest.fixture
def site(parts: Parts, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site on each database. It answers one request after the other: to change threads takes half of the time."""
    monkeypatch.setattr("anyio.to_thread.run_sync", _run_here)
    site = Site(parts, engine)
    yield site
    site.close()


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_no_value_makes_a_route_fail(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A route answers each request with a page or a refusal. A new route is attacked without a change here."""
    attack = Attack(site, Reading(monkeypatch))
    asyncio.run(attack.run())
    assert attack.faults == []
    assert len(attack.routes) >= MIN_ROUTES
    assert attack.closed == [SIGN_OUT]


@pytest.mark.slow
@pytest.mark.parametrize("role", sorted(SECOND_FACTOR_ROLES))
def test_without_a_needed_second_factor_every_route_leads_to_its_set_up(site: Site, role: Role) -> None:
    """A password alone opens no page and sends no form of a person who signs in: each leads to the set-up."""
    site.take_second_factors()
    routes = [
        (application, route)
        for application, route in site.routes()
        if is_for_persons(route.path) and (route.method, route.path) not in WITHOUT_SECOND_FACTOR
    ]
    assert len(routes) >= MIN_ROUTES_FOR_PERSONS
    opened = []
    for application, route in routes:
        answer = asyncio.run(_answer_with_values(site, application, route, role))
        if not answer.headers.get("location", "").startswith("/desk/saya/kode"):
            opened.append((answer.status, route.method, route.path))
    assert opened == []


def is_for_persons(path: str) -> bool:
    """Return True if only persons who sign in open this address."""
    return any(is_below(path, prefix) for prefix in SIGNED_IN_PREFIXES)


async def _answer_with_values(site: Site, application: ASGIApp, route: RouteFacts, role: Role) -> Answer:
    path = re.sub(r"{(\w+)(?::\w+)?}", lambda name: _encoded(site.value_of(name[1], route.path)), route.path)
    values = {name: site.value_of(name, route.path) for name in route.names}
    headers = {name: value.encode() for name, value in site.headers_of(route.method, route.path, role).items()}
    if route.method == "GET":
        return await answer_of(application, "GET", f"{path}?{_urlencoded(values)}", headers, b"")
    headers["content-type"] = FORM.encode()
    return await answer_of(application, route.method, path, headers, _urlencoded(values).encode())

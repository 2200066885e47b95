"""Persons who sign in, one for each role, and every page that their links lead to."""

import re
import secrets
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

import pyotp
import requests

from accounts.invitations import NewPerson
from accounts.pages.invitation_pages import INVITATION_ADDRESS
from accounts.permissions import AGENCY_ROLES, SECOND_FACTOR_ROLES, TRIAGE_AGENCY, Role
from app.assembly.desk.accounts import build_account_services
from app.assembly.parts import Parts
from tests.accounts.desk_client import DeskClient

AGENCY, OTHER_AGENCY = "kota-3374", "bumn-pln"
_AGENCY_OF = {**dict.fromkeys(AGENCY_ROLES, AGENCY), Role.TRIAGE: TRIAGE_AGENCY}
# Pages of one kind, such as lists with other filters, that are read.
_PAGES_OF_ONE_KIND = 2
_LINK = re.compile(r'(?:href|src)="([^"#]+)')
_PARTS = (
    (re.compile(r"/l/[^/]+"), "/l/{link}"),
    # Ids come first: the middle of one may have the form of a number.
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), "{id}"),
    (re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}"), "{number}"),
    (re.compile(r"/P[0-9A-Z]{12}"), "/{public-id}"),
    (re.compile(r"^(/pengawasan|/angka)/(?!kasus)[^/]+/[^/]+"), r"\1/{scope}"),
)
# Parts of the kind of a page about one report: all of these are read.
_ABOUT_REPORTS = ("{number}", "{id}", "{public-id}")
# Addresses that end the session, are no page, or begin a report.
_LEADS_OUT = ("/desk/keluar", "/static", "/web/")
_HTTP_OK = requests.codes.ok


@dataclass(frozen=True)
class Page:
    """The answer to a request, with its headers. `kind` is its address without ids."""

    kind: str
    content: bytes


def page_of(path: str, response: requests.Response) -> Page:
    """Return a response as a page."""
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
    return Page(kind_of(path), headers.encode() + b"\n\n" + response.content)


def kind_of(path: str) -> str:
    """Return an address without query, numbers and ids."""
    kind = urlsplit(path).path
    for pattern, name in _PARTS:
        kind = pattern.sub(name, kind)
    return kind


def signed_in_clients(parts: Parts, roles: Sequence[Role] = tuple(Role)) -> Mapping[Role, DeskClient]:
    """Invite a person for each role, and sign all of them in, with a second factor if the role needs one."""
    services = build_account_services(parts, parts.audit_log.append)
    clients = {}
    for role in roles:
        email, password = f"{role}@instansi.example", secrets.token_urlsafe()
        token = services.people.invite(
            NewPerson(email, "Sri Rahayu", role, _AGENCY_OF.get(role, "")), "admin", "petugas baru"
        )
        client = clients[role] = DeskClient(parts.settings.desk_reached_at)
        accepted = client.post(f"{INVITATION_ADDRESS}/{token}", {"sandi": password, "ulang": password})
        assert accepted.status_code == requests.codes.see_other, accepted.text
        assert client.post("/desk/masuk", {"email": email, "sandi": password}).status_code == requests.codes.see_other
        if role in SECOND_FACTOR_ROLES:
            account = services.accounts.by_email(email)
            assert account
            secret = services.second_factors.prepare(account.id)
            assert services.second_factors.confirm(account.id, pyotp.TOTP(secret).at(parts.now()))
    return clients


def linked_pages(
    get: Callable[[str], requests.Response], starts: Sequence[str], prefixes: tuple[str, ...]
) -> Iterator[Page]:
    """Yield the pages at these addresses, and all below the prefixes that they link to, a few of each kind.

    Pages of single reports are all read.
    """
    waiting, seen_paths, counts = deque(starts), set(starts), Counter[str]()
    while waiting:
        path = waiting.popleft()
        response = get(path)
        yield page_of(path, response)
        if response.status_code != _HTTP_OK or "html" not in response.headers.get("Content-Type", ""):
            continue
        for link in _LINK.findall(response.text):
            target = urlsplit(urljoin(path, unescape(link)))
            address = target.path + (f"?{target.query}" if target.query else "")
            if target.netloc or address in seen_paths or not target.path.startswith(prefixes):
                continue
            kind = kind_of(target.path)
            counts[kind] += 1
            is_of_report = not target.query and any(part in kind for part in _ABOUT_REPORTS)
            if not target.path.startswith(_LEADS_OUT) and (is_of_report or counts[kind] <= _PAGES_OF_ONE_KIND):
                seen_paths.add(address)
                waiting.append(address)

"""Every page and answer of a running service: of everybody, of senders, of each role, of programs and of operations."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import requests

from accounts.permissions import AGENCY_ROLES, Role
from tests.end_to_end.canary.life import Life
from tests.end_to_end.canary.persons import MODES
from tests.end_to_end.canary.staff import AGENCY, linked_pages, page_of

_PUBLIC_STARTS = (
    "/",
    "/publik",
    "/publik/umpan.atom",
    "/angka",
    "/open311/v2/requests.json",
    "/open311/v2/requests.xml",
)
_PUBLIC_PREFIXES = ("/",)
_DESK_PREFIXES = ("/desk", "/pengawasan")
_OPERATIONS = ("/metrics", "/ready", "/live", "/ops", "/ops/state")
_STAFF_STARTS = ("/desk/akun", "/desk/integrasi", "/desk/audit", "/desk/surat-mati", "/desk/karantina", "/desk/triase")
# Addresses of the pages about a report, and the roles that may open them for every report.
_ADDRESSES_OF_REPORTS = {
    "/desk/laporan/{}": {*AGENCY_ROLES, Role.TRIAGE},
    "/desk/laporan/{}/cetak": {*AGENCY_ROLES, Role.TRIAGE},
    "/desk/telusur?nomor={}": {Role.TRIAGE, Role.OPERATOR, Role.ADMINISTRATOR},
    "/desk/gabung?a={}": {Role.TRIAGE, Role.OPERATOR},
    "/desk/triase/{}": {Role.TRIAGE},
}
_TABS = ("baru", "dikerjakan", "menunggu", "selesai", "lewat")


def all_pages(life: Life) -> Iterator[tuple[str, bytes]]:
    """Yield each page with its place in the list. Pages of one kind have one place."""
    site, numbers = life.senders.door.address, life.senders.numbers
    statuses = [f"/status/{number}" for number in numbers.values()]
    for page in linked_pages(lambda path: _read(site, path), [*_PUBLIC_STARTS, *statuses], _PUBLIC_PREFIXES):
        yield f"page: everybody {page.kind}", page.content
    for role, client in life.clients.items():
        for page in linked_pages(client.get, _starts(role, [*numbers.values()]), _DESK_PREFIXES):
            yield f"page: {role} {page.kind}", page.content
    for role, page in life.revealed_pages():
        yield f"page: {role} {page.kind}", page.content
    for page in life.program_pages():
        yield f"page: program {page.kind}", page.content
    for mode in MODES:
        yield "page: sender /mobile/v1/feed", life.senders.feed(mode).content
    for link in life.senders.links().values():
        yield "page: sender /l/{link}", page_of("/l", _read(site, f"/l/{link}")).content
    operations = f"http://127.0.0.1:{life.parts.settings.port + 2}"
    for path in _OPERATIONS:
        yield f"page: operations {path}", page_of(path, _read(operations, path)).content


def _starts(role: Role, numbers: Sequence[str]) -> list[str]:
    """Return the addresses that a person of a role types, besides the links of the start page."""
    starts = ["/desk", *_STAFF_STARTS]
    if role in {*AGENCY_ROLES, Role.TRIAGE}:
        starts += [f"/desk/laporan?tab={tab}" for tab in _TABS] + ["/desk/laporan.csv?tab=baru"]
    if role is Role.OVERSEER:
        starts += ["/pengawasan", f"/pengawasan/instansi/{AGENCY}"]
    for address, readers in _ADDRESSES_OF_REPORTS.items():
        # Whoever has no right to the page of one report has none to that of another one.
        starts += [address.format(number) for number in (numbers if role in readers else numbers[:1])]
    return starts


def _read(site: str, path: str) -> requests.Response:
    headers = {"Accept": "text/html" if path != "/ops/state" else "application/json"}
    return requests.get(site + quote(path, safe="/?=&%:,;+~"), headers=headers, timeout=30)

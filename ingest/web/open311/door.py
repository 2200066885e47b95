"""The addresses of Open311 GeoReport v2. A request is answered with a token, since the pipeline works it later.

The token is the tracking number: unguessable (an HMAC), given only to whoever made the request, and all that a citizen
needs to keep. It becomes the `service_request_id` when the ledger knows it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from config.reference.open311_services import Open311Services
from ingest.arrival import Arrival, Refused
from ingest.door_store import DoorStore
from ingest.http import idempotency
from ingest.http.gate import Gate
from ingest.web.open311 import openapi
from ingest.web.open311.adapter import (
    JURISDICTION,
    ApiKeys,
    accept,
    asked,
    given,
    must_be_ours,
    numbers,
    query,
    states,
)
from ingest.web.open311.render import PREFIX, Value, render
from ingest.web.open311.store import RecordedRequest, RequestStore
from ingest.wrap import Wrapper, accepted_record
from messages.shapes import iso
from messages.tracking import read_tracking_number

# The specification: the first 1,000 requests at most.
_MOST_REQUESTS = 1000
_FORMATS = ("json", "xml")


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """What may be said openly of a number that the ledger knows; `notes` is for the citizen to read."""

    closed: bool
    notes: str
    agency: str
    requested: datetime
    updated: datetime


# What the ledger knows of these tracking numbers; those that it does not know (yet) are left out.
StatusLookup = Callable[[Collection[str]], Mapping[str, PublicStatus]]


class Open311Door:
    """`lookup` asks the ledger; `reached_at` is the public address, `now` the clock."""

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        requests: RequestStore,
        services: Open311Services,
        keys: Sequence[str],
        lookup: StatusLookup,
        new_id: Callable[[], UUID],
        now: Callable[[], datetime],
        reached_at: str,
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._requests = requests
        self._services = services
        self._clients = ApiKeys(tuple(keys), wrapper)
        self._lookup = lookup
        self._new_id = new_id
        self._now = now
        self._reached_at = reached_at

    def routes(self) -> APIRouter:
        """The addresses to serve, each in both formats."""
        router = APIRouter(prefix=PREFIX, tags=["open311"])
        for form in _FORMATS:
            for path, endpoint, method, extra in (
                ("/discovery", self.discovery, "GET", openapi.PLAIN),
                ("/services", self.services, "GET", openapi.PLAIN),
                ("/services/{code}", self.definition, "GET", openapi.PLAIN),
                ("/requests", self.create, "POST", openapi.request(self._services.by_code)),
                ("/requests", self.listing, "GET", openapi.LISTING),
                ("/requests/{number}", self.show, "GET", openapi.PLAIN),
                ("/tokens/{token}", self.token, "GET", openapi.PLAIN),
            ):
                router.add_api_route(
                    f"{path}.{form}",
                    endpoint,
                    methods=[method],
                    response_class=openapi.answer_class(form),
                    responses=openapi.responses(form, endpoint.__name__),
                    openapi_extra=extra,
                )
        return router

    def discovery(self, request: Request) -> Response:
        """Where the endpoint is, and how to get a key (Service Discovery)."""
        changed = f"{self._services.changed_at:%Y-%m-%d %H:%M}"
        key = "Mintalah api_key kepada pengelola layanan ini." if self._clients.keys else "Tidak perlu api_key."
        endpoint: Value = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{self._reached_at}{PREFIX}",
            "changeset": changed,
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        found: Value = {
            "changeset": changed,
            "contact": f"SP4N-LAPOR! (jurisdiction_id {JURISDICTION}), {self._reached_at}/",
            "key_service": key,
            "endpoints": [endpoint],
        }
        return render(request.url.path, "discovery", found)

    def services(self, request: Request) -> Response:
        """What can be reported (GET Service List)."""
        must_be_ours(asked(self._gate.arrival(request, b"")))
        found: Value = [
            {
                "service_code": service.code,
                "service_name": service.name,
                "description": f"Laporan tentang {', '.join(service.keywords) or service.name}.",
                "metadata": False,
                "type": "batch",
                "keywords": ", ".join(service.keywords),
                "group": service.group,
            }
            for service in self._services.by_code.values()
        ]
        return render(request.url.path, "services", found)

    def definition(self, request: Request, code: str) -> Response:
        """What else a service asks for: nothing (GET Service Definition)."""
        must_be_ours(asked(self._gate.arrival(request, b"")))
        if code not in self._services.by_code:
            raise Refused("no_such_service")
        return render(request.url.path, "service_definition", {"service_code": code, "attributes": []})

    async def create(self, request: Request) -> Response:
        """Take a report, and give its token (POST Service Request)."""
        arrival = await self._gate.read_arrival(request)
        said = given(arrival)
        client = self._admit("open311", arrival, said)
        self._clients.must_be_known(client)
        must_be_ours(said)
        accepted = accept(arrival, self._wrapper, self._services.by_code, client, self._new_id())
        raw = accepted.raw
        if arrival.headers.get(idempotency.HEADER) is not None:
            await idempotency.claim_key(self._store, self._wrapper, raw.provider_id, arrival.body)
        # Before it is published: who has a token must be able to ask for it. One that nobody was given harms nobody.
        await run_in_threadpool(self._requests.remember, raw.tracking, client, accepted.service_code, raw.at)
        await self._gate.publish(accepted_record(raw))
        notice = f"Laporan diterima. Simpan nomor {raw.tracking}; lihat {self._reached_at}/status/{raw.tracking}."
        told: Value = [{"token": raw.tracking, "service_notice": notice, "account_id": None}]
        return render(request.url.path, "service_requests", told)

    def token(self, request: Request, token: str) -> Response:
        """The number of a token, when the ledger has it (GET service_request_id from a token)."""
        self._ask(request)
        number = read_tracking_number(token)
        if number and self._lookup([number]):
            found: Value = [{"service_request_id": number, "token": number}]
        elif number and self._requests.find([number]):
            found = [{"token": number}]
        else:
            raise Refused("no_such_number")
        return render(request.url.path, "service_requests", found)

    def show(self, request: Request, number: str) -> Response:
        """What became of a request (GET Service Request)."""
        self._ask(request)
        found = self._told([number])
        if not found:
            raise Refused("no_such_number")
        return render(request.url.path, "service_requests", found)

    def listing(self, request: Request) -> Response:
        """What became of the numbers asked for; without any, of the client's own requests (GET Service Requests).

        A list of everybody's would hand out their numbers: without a key of ours it is empty.
        """
        said = self._ask(request)
        if typed := numbers(said):
            return render(request.url.path, "service_requests", self._told(typed))
        client, wanted = self._clients.client(said), states(said)
        mine = query(said, client, self._now())
        if not client:
            return render(request.url.path, "service_requests", [])
        self._gate.check_rate("open311-list", client)
        newest = self._requests.newest(mine, _MOST_REQUESTS)
        told = [one for one in self._shown(newest) if one["status"] in wanted]
        return render(request.url.path, "service_requests", told)

    def _ask(self, request: Request) -> dict[str, str]:
        """Let a question in; returns what it says."""
        arrival = self._gate.arrival(request, b"")
        said = asked(arrival)
        self._admit("open311-read", arrival, said)
        must_be_ours(said)
        return said

    def _admit(self, door: str, arrival: Arrival, said: dict[str, str]) -> str:
        """Count the knock: a client's by its key, anybody else's by the address. Returns the client."""
        client = self._clients.client(said)
        self._gate.check_rate(door, client or arrival.address)
        return client

    def _told(self, typed: Sequence[str]) -> list[dict[str, Value]]:
        wanted = list(dict.fromkeys(number for one in typed if (number := read_tracking_number(one))))
        made = self._requests.find(wanted)
        return list(self._shown(made.get(number, RecordedRequest(number, "")) for number in wanted))

    def _shown(self, many: Iterable[RecordedRequest]) -> Iterable[dict[str, Value]]:
        """What may be said of each that the ledger knows: never who, what or where; the words are not public here."""
        asked_for = list(many)
        found = self._lookup([one.tracking for one in asked_for])
        for one in asked_for:
            if known := found.get(one.tracking):
                service = self._services.by_code.get(one.service_code)
                yield {
                    "service_request_id": one.tracking,
                    "status": "closed" if known.closed else "open",
                    "status_notes": known.notes,
                    "service_name": service.name if service else None,
                    "service_code": one.service_code or None,
                    "description": None,
                    "agency_responsible": known.agency or None,
                    "service_notice": None,
                    "requested_datetime": iso(known.requested),
                    "updated_datetime": iso(known.updated),
                    "expected_datetime": None,
                    "address": None,
                    "address_id": None,
                    "zipcode": None,
                    "lat": None,
                    "long": None,
                    "media_url": None,
                }

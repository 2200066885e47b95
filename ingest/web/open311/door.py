"""Endpoints of Open311 GeoReport v2. A request is answered with a token, because the pipeline processes it later.

The token is the tracking number: an HMAC that nobody can guess, given only to the client that made the request. It
becomes the `service_request_id` when the ledger has the report.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from config.reference.open311_services import Open311Services
from ingest.arrival import Arrival
from ingest.door_store import DoorStore
from ingest.http import idempotency
from ingest.http.gate import Gate
from ingest.web.open311 import openapi
from ingest.web.open311.adapter import (
    JURISDICTION,
    ApiKeys,
    accept,
    all_arguments,
    check_jurisdiction,
    query_arguments,
    request_query,
    requested_numbers,
    requested_states,
)
from ingest.web.open311.render import PREFIX, Value, render
from ingest.web.open311.store import RecordedRequest, RequestQuery, RequestStore
from ingest.wrap import Wrapper
from messages.shapes import iso
from messages.tracking import read_tracking_number
from pages.refusals import Refused

# The specification: 1,000 requests at most.
_MAX_LISTED_REQUESTS = 1000
# The words of so many reports are a few hundred kilobytes.
_MAX_PUBLIC_REQUESTS = 200
_FORMATS = ("json", "xml")


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """Public state of a report in the ledger. `notes` is a sentence for the citizen."""

    closed: bool
    notes: str
    agency: str
    requested: datetime
    updated: datetime


# Returns the states of tracking numbers. Numbers that the ledger does not have (yet) are missing.
StatusLookup = Callable[[Collection[str]], Mapping[str, PublicStatus]]


@dataclass(frozen=True, slots=True)
class PublicRequest:
    """A report of the public view.

    `id` is its public id, `description` has masked words, `service` is the name of its topic, `address` that of a
    region.
    """

    id: str
    status: PublicStatus
    topic: str
    service: str
    description: str
    address: str


class PublicRequests(Protocol):
    """The public view of reports."""

    def newest(self, query: RequestQuery, states: Collection[str], limit: int) -> Sequence[PublicRequest]:
        """Return the reports that match the query, the newest first. `services` of the query are topics."""
        ...

    def find_all(self, public_ids: Sequence[str]) -> Sequence[PublicRequest]:
        """Return the reports with these public ids, in the order of the ids."""
        ...


class Open311Door:
    """All endpoints of Open311.

    `find_statuses` asks the ledger. `new_id` returns a random UUID, `now` is the clock, `public_url` the service's
    public address. `public` is the public view, where it is on.
    """

    def __init__(
        self,
        gate: Gate,
        wrapper: Wrapper,
        store: DoorStore,
        requests: RequestStore,
        services: Open311Services,
        api_keys: Sequence[str],
        find_statuses: StatusLookup,
        new_id: Callable[[], UUID],
        now: Callable[[], datetime],
        public_url: str,
        public: PublicRequests | None = None,
    ) -> None:
        self._gate = gate
        self._wrapper = wrapper
        self._store = store
        self._requests = requests
        self._services = services
        self._api_keys = ApiKeys(tuple(api_keys), wrapper)
        self._find_statuses = find_statuses
        self._new_id = new_id
        self._now = now
        self._public_url = public_url
        self._public = public

    def routes(self) -> APIRouter:
        """Return the routes to serve, each in both formats."""
        router = APIRouter(prefix=PREFIX, tags=["open311"])
        create_request = openapi.create_request(self._services.by_code)
        for format_name in _FORMATS:
            for path, endpoint, method, extra in (
                ("/discovery", self.discovery, "GET", openapi.PLAIN),
                ("/services", self.services, "GET", openapi.PLAIN),
                ("/services/{code}", self.definition, "GET", openapi.PLAIN),
                ("/requests", self.create, "POST", create_request),
                ("/requests", self.listing, "GET", openapi.LISTING),
                ("/requests/{number}", self.show, "GET", openapi.PLAIN),
                ("/tokens/{token}", self.token, "GET", openapi.PLAIN),
            ):
                router.add_api_route(
                    f"{path}.{format_name}",
                    endpoint,
                    methods=[method],
                    response_class=openapi.response_class(format_name),
                    responses=openapi.responses(format_name, endpoint.__name__),
                    openapi_extra=extra,
                )
        return router

    def discovery(self, request: Request) -> Response:
        """Return the address of the endpoint and how to get a key (Service Discovery)."""
        changeset = f"{self._services.changed_at:%Y-%m-%d %H:%M}"
        issues_keys = bool(self._api_keys.keys)
        endpoint: Value = {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"{self._public_url}{PREFIX}",
            "changeset": changeset,
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
        discovery: Value = {
            "changeset": changeset,
            "contact": f"SP4N-LAPOR! (jurisdiction_id {JURISDICTION}), {self._public_url}/",
            "key_service": "Mintalah api_key kepada pengelola layanan ini." if issues_keys else "Tidak perlu api_key.",
            "endpoints": [endpoint],
        }
        return render(request.url.path, "discovery", discovery)

    def services(self, request: Request) -> Response:
        """Return the services that can be requested (GET Service List)."""
        check_jurisdiction(query_arguments(self._gate.arrival(request, b"")))
        services: Value = [
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
        return render(request.url.path, "services", services)

    def definition(self, request: Request, code: str) -> Response:
        """Return the attributes of a service: none (GET Service Definition)."""
        check_jurisdiction(query_arguments(self._gate.arrival(request, b"")))
        if code not in self._services.by_code:
            raise Refused("no_such_service")
        return render(request.url.path, "service_definition", {"service_code": code, "attributes": []})

    async def create(self, request: Request) -> Response:
        """Accept a report and return its token (POST Service Request)."""
        arrival = await self._gate.read_arrival(request)
        arguments = all_arguments(arrival)
        client = self._check_rate("open311", arrival, arguments)
        self._api_keys.require(client)
        check_jurisdiction(arguments)
        services, new_id = self._services.by_code, self._new_id()
        accepted = await self._gate.read(accept, arrival, self._wrapper, services, client, new_id)
        raw = accepted.message.raw
        if client and arrival.headers.get(idempotency.HEADER) is not None:
            await idempotency.claim_key(self._store, self._wrapper, raw.provider_id, arrival.body)
        # The request is recorded before it is published, because a client with a token must be able to ask for it. A
        # token that was recorded and never sent does no harm.
        await run_in_threadpool(self._requests.record, raw.tracking, client, accepted.service_code, raw.at)
        await self._gate.accept(accepted.message)
        notice = f"Laporan diterima. Simpan nomor {raw.tracking}; lihat {self._public_url}/status/{raw.tracking}."
        answer: Value = [{"token": raw.tracking, "service_notice": notice, "account_id": None}]
        return render(request.url.path, "service_requests", answer)

    def token(self, request: Request, token: str) -> Response:
        """Return the number of a token as soon as the ledger has it (GET service_request_id from a token)."""
        self._check_query(request)
        number = read_tracking_number(token)
        if number and self._find_statuses([number]):
            answer: Value = [{"service_request_id": number, "token": number}]
        elif number and self._requests.find_requests([number]):
            answer = [{"token": number}]
        else:
            raise Refused("no_such_number")
        return render(request.url.path, "service_requests", answer)

    def show(self, request: Request, number: str) -> Response:
        """Return the state of a request (GET Service Request)."""
        self._check_query(request)
        rows = self._rows_of_numbers([number])
        if not rows:
            raise Refused("no_such_number")
        return render(request.url.path, "service_requests", rows)

    def listing(self, request: Request) -> Response:
        """Return the states of the given numbers, or of the client's own requests (GET Service Requests).

        Without a valid key the list has the reports of the public view, under ids of their own; it is empty where that
        view is off. A list of all requests would give away their numbers.
        """
        arguments = self._check_query(request)
        if numbers := requested_numbers(arguments):
            return render(request.url.path, "service_requests", self._rows_of_numbers(numbers))
        client, states = self._api_keys.client(arguments), requested_states(arguments)
        query = request_query(arguments, client, self._now())
        if not client:
            public = self._public.newest(query, states, _MAX_PUBLIC_REQUESTS) if self._public else ()
            return render(request.url.path, "service_requests", [_public_row(report) for report in public])
        self._gate.check_rate("open311-list", client)
        newest_requests = self._requests.newest_requests(query, _MAX_LISTED_REQUESTS)
        rows = [row for row in self._rows(newest_requests) if row["status"] in states]
        return render(request.url.path, "service_requests", rows)

    def _check_query(self, request: Request) -> dict[str, str]:
        """Check rate and jurisdiction of a query, and return its arguments."""
        arrival = self._gate.arrival(request, b"")
        arguments = query_arguments(arrival)
        self._check_rate("open311-read", arrival, arguments)
        check_jurisdiction(arguments)
        return arguments

    def _check_rate(self, door: str, arrival: Arrival, arguments: Mapping[str, str]) -> str:
        """Count the request by the client's key, without a key by the address. Return the client."""
        client = self._api_keys.client(arguments)
        self._gate.check_rate(door, client or arrival.address)
        return client

    def _rows_of_numbers(self, texts: Sequence[str]) -> list[dict[str, Value]]:
        numbers = list(dict.fromkeys(number for text in texts if (number := read_tracking_number(text))))
        recorded = self._requests.find_requests(numbers)
        public = self._public.find_all(texts) if self._public else ()
        return [
            *self._rows(recorded.get(number, RecordedRequest(number, "")) for number in numbers),
            *(_public_row(report) for report in public),
        ]

    def _rows(self, requests: Iterable[RecordedRequest]) -> Iterable[dict[str, Value]]:
        """Return the public fields of each request that the ledger has.

        Sender, text and place are never public here.
        """
        listed_requests = list(requests)
        statuses = self._find_statuses([request.tracking for request in listed_requests])
        for request in listed_requests:
            if status := statuses.get(request.tracking):
                service = self._services.by_code.get(request.service_code)
                yield {
                    **_row(request.tracking, status),
                    "service_name": service.name if service else None,
                    "service_code": request.service_code or None,
                }


def _row(request_id: str, status: PublicStatus) -> dict[str, Value]:
    """Return the fields of a request that everybody may read, in the order of the specification."""
    return {
        "service_request_id": request_id,
        "status": "closed" if status.closed else "open",
        "status_notes": status.notes,
        "service_name": None,
        "service_code": None,
        "description": None,
        "agency_responsible": status.agency or None,
        "service_notice": None,
        "requested_datetime": iso(status.requested),
        "updated_datetime": iso(status.updated),
        "expected_datetime": None,
        **dict.fromkeys(("address", "address_id", "zipcode", "lat", "long", "media_url")),
    }


def _public_row(report: PublicRequest) -> dict[str, Value]:
    return {
        **_row(report.id, report.status),
        "service_name": report.service or None,
        "service_code": report.topic or None,
        "description": report.description,
        "address": report.address or None,
    }

"""Reads Open311 requests: the raw message of a report, and the arguments of queries. Pure."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import ValidationError

from ingest.arrival import Arrival
from ingest.http import idempotency
from ingest.web.channel import CHANNEL
from ingest.web.open311.store import RequestQuery
from ingest.wrap import OpenMessage, Wrapper
from messages.payloads.open311 import CONTENT_TYPE, ServiceRequest
from messages.payloads.open311 import arguments as parse_arguments
from pages.field_errors import invalid_submission
from pages.refusals import FieldError, Refused

JURISDICTION = "lapor.go.id"
# The specification allows a span of 90 days at most. It is also the default.
MAX_SPAN = timedelta(days=90)
STATES = ("open", "closed")
_FORM = "application/x-www-form-urlencoded"
# Tracking numbers in one query.
_MAX_NUMBERS = 100
# Length of a client's digest in hexadecimal digits: 128 bits.
_CLIENT_DIGITS = 32


@dataclass(frozen=True, slots=True)
class AcceptedRequest:
    """The message of a service request, and the code of its service."""

    message: OpenMessage
    service_code: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The api_keys that were issued. Without any key, everybody may report."""

    keys: tuple[str, ...]
    wrapper: Wrapper

    def client(self, arguments: Mapping[str, str]) -> str:
        """Return the keyed digest of the api_key in the arguments, empty if it is not a key of ours."""
        api_key = arguments.get("api_key", "").encode()
        # The key is compared with every issued key, so that the response time says nothing about them.
        comparisons = [compare_digest(api_key, issued_key.encode()) for issued_key in self.keys]
        return self.wrapper.digest(b"open311:" + api_key)[:_CLIENT_DIGITS] if any(comparisons) else ""

    def require(self, client: str) -> None:
        """Raise `Refused` (403) if keys were issued and `client` is empty."""
        if self.keys and not client:
            raise Refused("unknown_api_key")


def query_arguments(arrival: Arrival) -> dict[str, str]:
    """Return the arguments of the address. Repeated arguments are joined with commas."""
    joined_arguments: dict[str, str] = {}
    for name, value in parse_arguments(urlsplit(arrival.target).query.encode()):
        joined_arguments[name] = f"{joined_arguments[name]},{value}" if name in joined_arguments else value
    return joined_arguments


def all_arguments(arrival: Arrival) -> dict[str, str]:
    """Return the arguments of the address and the body. The body overrides the address."""
    return query_arguments(arrival) | dict(parse_arguments(arrival.body))


def check_jurisdiction(arguments: Mapping[str, str]) -> None:
    """Raise `Refused` (404) for a jurisdiction that this service does not serve."""
    if arguments.get("jurisdiction_id", JURISDICTION) != JURISDICTION:
        raise Refused("no_such_jurisdiction")


def accept(
    arrival: Arrival, wrapper: Wrapper, service_codes: Container[str], client: str, new_id: UUID
) -> AcceptedRequest:
    """Return the message of a service request. `new_id` identifies it if the app gave no key.

    Each request is a report of its own: two citizens may write the same through the app of one city. An app that
    repeats a request sends an Idempotency-Key. Keys of different apps never collide, nor do those of different senders
    where no api_key is needed. Raises `Refused`, naming each invalid argument.
    """
    if arrival.headers.get("content-type", _FORM).partition(";")[0].strip().casefold() != _FORM:
        raise Refused("not_a_form")
    _check_no_repeated_argument(arrival.body)
    try:
        request = ServiceRequest.from_form(arrival.body)
    except ValidationError as error:
        raise invalid_submission(error) from None
    if place_errors := _place_errors(request):
        raise Refused("invalid_submission", place_errors)
    if request.service_code not in service_codes:
        raise Refused("no_such_service")
    sent_key = idempotency.read_key(arrival) if client else idempotency.read_scoped_key(arrival, wrapper)
    key = sent_key or new_id
    message = wrapper.open_message(CHANNEL.name, f"open311:{client}:{key}", "", arrival.body, arrival.at, CONTENT_TYPE)
    # The service never fetches an address that a stranger names. The agency only learns that there is a picture.
    return AcceptedRequest(message.with_fields(unfetched=int(bool(request.media_url))), request.service_code)


def _check_no_repeated_argument(body: bytes) -> None:
    counts = Counter(name for name, _ in parse_arguments(body))
    repeated_names = [name for name, count in counts.items() if count > 1]
    if repeated_names:
        errors = tuple(FieldError(name, "Kirim satu kali saja.") for name in repeated_names)
        raise Refused("invalid_submission", errors)


def _place_errors(request: ServiceRequest) -> tuple[FieldError, ...]:
    if (request.lat is None) != (request.long is None):
        missing_field = "lat" if request.lat is None else "long"
        return (FieldError(missing_field, "Mohon diisi: lat dan long dikirim bersama."),)
    if request.lat is None and not request.address_string:
        return (FieldError("address_string", "Isi tempatnya: address_string, atau lat dan long."),)
    return ()


def requested_numbers(arguments: Mapping[str, str]) -> list[str]:
    """Return the numbers of a query; none means the client's own requests. Raises `Refused`."""
    numbers = _comma_list(arguments, "service_request_id")
    if len(numbers) > _MAX_NUMBERS:
        raise _invalid_argument("service_request_id", f"Paling banyak {_MAX_NUMBERS} nomor sekali minta.")
    return numbers


def requested_states(arguments: Mapping[str, str]) -> list[str]:
    """Return the states of a query, all states if it names none. Raises `Refused`."""
    states = _comma_list(arguments, "status")
    if not set(states) <= set(STATES):
        raise _invalid_argument("status", "Pilih open atau closed.")
    return states or list(STATES)


def request_query(arguments: Mapping[str, str], client: str, now: datetime) -> RequestQuery:
    """Return the query for the client's own requests. Raises `Refused`."""
    start, end = _moment(arguments, "start_date"), _moment(arguments, "end_date")
    try:
        until = end or (min(now, start + MAX_SPAN) if start else now)
        since = start or until - MAX_SPAN
    except OverflowError:
        raise _invalid_argument("start_date", "Waktu ini di luar kalender.") from None
    if until - since > MAX_SPAN:
        raise _invalid_argument("end_date", f"Rentangnya paling lama {MAX_SPAN.days} hari.")
    return RequestQuery(client, since, until, _comma_list(arguments, "service_code"))


def _comma_list(arguments: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in arguments.get(name, "").split(",") if part.strip()]


def _moment(arguments: Mapping[str, str], name: str) -> datetime | None:
    if name not in arguments:
        return None
    try:
        # A plus sign that was not encoded arrives as a space.
        moment = datetime.fromisoformat(arguments[name].strip().replace(" ", "+"))
        if moment.tzinfo is None:
            raise _invalid_argument(name, "Sebutkan zona waktunya, misalnya 2026-01-31T00:00:00Z.")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _invalid_argument(name, "Isi dengan waktu, misalnya 2026-01-31T00:00:00Z.") from None


def _invalid_argument(name: str, detail: str) -> Refused:
    return Refused("invalid_submission", (FieldError(name, detail),))

"""From an Open311 request to a raw message, and from its other questions to what they ask for. Pure."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import ValidationError

from ingest.arrival import Arrival, FieldError, Refused
from ingest.http import idempotency
from ingest.http.field_errors import invalid_submission
from ingest.web.open311.store import RequestQuery
from ingest.wrap import Wrapper
from messages.open311 import CONTENT_TYPE, ServiceRequest, arguments
from messages.shapes import Channel, RawMessage

JURISDICTION = "lapor.go.id"
# The specification: a span of 90 days at most, and the default where none is given.
SPAN = timedelta(days=90)
STATES = ("open", "closed")
_FORM = "application/x-www-form-urlencoded"
_MOST_NUMBERS = 100
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request, wrapped."""

    raw: RawMessage
    service_code: str


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The keys that were given out; without any the door is open to all."""

    keys: tuple[str, ...]
    wrapper: Wrapper

    def client(self, given: Mapping[str, str]) -> str:
        """The keyed digest of the api_key, empty where it is none of ours."""
        sent = given.get("api_key", "").encode()
        # Every key is looked at, equal or not, so that the time taken tells nothing.
        known = [compare_digest(sent, key.encode()) for key in self.keys]
        return self.wrapper.digest(b"open311:" + sent)[:_DIGEST] if any(known) else ""

    def must_be_known(self, client: str) -> None:
        """Raises `Refused` (403) where a key is needed and none was given, or one that is not ours."""
        if self.keys and not client:
            raise Refused("unknown_api_key")


def asked(arrival: Arrival) -> dict[str, str]:
    """What was said in the address; what was said more than once is a list, as with commas."""
    said: dict[str, str] = {}
    for name, value in arguments(urlsplit(arrival.target).query.encode()):
        said[name] = f"{said[name]},{value}" if name in said else value
    return said


def given(arrival: Arrival) -> dict[str, str]:
    """What was said in the address and in the body, which counts for more."""
    return asked(arrival) | dict(arguments(arrival.body))


def must_be_ours(said: Mapping[str, str]) -> None:
    """Raises `Refused` (404) for a jurisdiction that is not served here."""
    if said.get("jurisdiction_id", JURISDICTION) != JURISDICTION:
        raise Refused("no_such_jurisdiction")


def accept(arrival: Arrival, wrapper: Wrapper, services: Container[str], client: str, fresh: UUID) -> Accepted:
    """The raw message in a service request; `fresh` names it where the app gave it no key of its own.

    Each request is a report of its own: two citizens may say the same through one city's app. An app that tries again
    sends an Idempotency-Key, which is the client's alone. Raises `Refused`, naming each argument at fault.
    """
    if arrival.headers.get("content-type", _FORM).partition(";")[0].strip().casefold() != _FORM:
        raise Refused("not_a_form")
    _must_be_said_once(arrival.body)
    try:
        request = ServiceRequest.from_form(arrival.body)
    except ValidationError as error:
        raise invalid_submission(error) from None
    if faults := _no_place(request):
        raise Refused("invalid_submission", faults)
    if request.service_code not in services:
        raise Refused("no_such_service")
    key = idempotency.read_key(arrival) or fresh
    raw = wrapper.wrap(Channel.WEB, f"open311:{client}:{key}", "", arrival.body, arrival.at, CONTENT_TYPE)
    # Nobody asks an address that a stranger names: that there is a picture is all that the agency is told.
    return Accepted(raw.model_copy(update={"unfetched": int(bool(request.media_url))}), request.service_code)


def _must_be_said_once(body: bytes) -> None:
    twice = [name for name, times in Counter(name for name, _ in arguments(body)).items() if times > 1]
    if twice:
        raise Refused("invalid_submission", tuple(FieldError(name, "Kirim satu kali saja.") for name in twice))


def _no_place(request: ServiceRequest) -> tuple[FieldError, ...]:
    if (request.lat is None) != (request.long is None):
        missing = "lat" if request.lat is None else "long"
        return (FieldError(missing, "Mohon diisi: lat dan long dikirim bersama."),)
    if request.lat is None and not request.address_string:
        return (FieldError("address_string", "Isi tempatnya: address_string, atau lat dan long."),)
    return ()


def numbers(said: Mapping[str, str]) -> list[str]:
    """The numbers asked for; where there are none, the client's own requests are. Raises `Refused`."""
    found = _many(said, "service_request_id")
    if len(found) > _MOST_NUMBERS:
        raise _fault("service_request_id", f"Paling banyak {_MOST_NUMBERS} nomor sekali minta.")
    return found


def states(said: Mapping[str, str]) -> list[str]:
    """The states asked for; every one where none is named. Raises `Refused`."""
    named = _many(said, "status")
    if not set(named) <= set(STATES):
        raise _fault("status", "Pilih open atau closed.")
    return named or list(STATES)


def query(said: Mapping[str, str], client: str, now: datetime) -> RequestQuery:
    """Which of the client's requests are asked for. Raises `Refused`."""
    start, end = _moment(said, "start_date"), _moment(said, "end_date")
    try:
        until = end or (min(now, start + SPAN) if start else now)
        since = start or until - SPAN
    except OverflowError:
        raise _fault("start_date", "Waktu ini di luar kalender.") from None
    if until - since > SPAN:
        raise _fault("end_date", f"Rentangnya paling lama {SPAN.days} hari.")
    return RequestQuery(client, since, until, _many(said, "service_code"))


def _many(said: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in said.get(name, "").split(",") if part.strip()]


def _moment(said: Mapping[str, str], name: str) -> datetime | None:
    if name not in said:
        return None
    try:
        # A plus that was not encoded arrives as a space.
        moment = datetime.fromisoformat(said[name].strip().replace(" ", "+"))
        if moment.tzinfo is None:
            raise _fault(name, "Sebutkan zona waktunya, misalnya 2026-01-31T00:00:00Z.")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _fault(name, "Isi dengan waktu, misalnya 2026-01-31T00:00:00Z.") from None


def _fault(name: str, says: str) -> Refused:
    return Refused("invalid_submission", (FieldError(name, says),))

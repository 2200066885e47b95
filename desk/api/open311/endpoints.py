"""Open311 GeoReport v2: an agency's own requests, for programs that speak it. It has no endpoint that writes."""

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import Query
from sqlalchemy import Engine, Row
from starlette.requests import Request
from starlette.responses import Response

from config.clocks.deadlines import Deadlines
from config.database import read_transaction
from desk.acts.answers import OfficerAnswers
from desk.api.case_document import case_detail, case_document
from desk.api.case_endpoints import find_case
from desk.api.keys.access import agency_key
from desk.api.keys.agency_keys import AgencyKey
from desk.api.open311.format import Value, open311_response
from desk.api.problems import ApiError, invalid
from desk.api.shapes import Case
from desk.institutions import Institutions
from desk.read_model.case_rows import AgencyCaseState
from desk.read_model.dispatched_cases import read_dispatched
from messages.shapes import iso

# The specification: 90 days and 1,000 requests at most.
_MAX_SPAN = timedelta(days=90)
_MAX_REQUESTS = 1000
_MAX_ARGUMENT_CHARACTERS = 2000
_STATUSES = frozenset({"open", "closed"})
# States in which nothing is expected of the agency any more.
_CLOSED_STATES: frozenset[AgencyCaseState] = frozenset({"selesai", "ditolak", "dipindahkan", "digabung"})

Numbers = Annotated[
    str, Query(max_length=_MAX_ARGUMENT_CHARACTERS, description="Tracking numbers, separated by commas.")
]
Codes = Annotated[str, Query(max_length=_MAX_ARGUMENT_CHARACTERS, description="Topics, separated by commas.")]
Statuses = Annotated[str, Query(max_length=_MAX_ARGUMENT_CHARACTERS, description="open, closed or both.")]
Date = Annotated[str, Query(max_length=40, description="As in 2026-11-24T08:04:05Z.")]


class Open311Endpoints:
    """Requests are the agency's cases. `requested_datetime` bounds a list by the time at which a case came."""

    def __init__(
        self,
        engine: Engine,
        answers: OfficerAnswers,
        institutions: Institutions,
        now: Callable[[], datetime],
        deadlines: Deadlines,
    ) -> None:
        self._engine = engine
        self._answers = answers
        self._institutions = institutions
        self._now = now
        self._deadlines = deadlines

    def requests(
        self,
        request: Request,
        service_request_id: Numbers = "",
        service_code: Codes = "",
        status: Statuses = "",
        start_date: Date = "",
        end_date: Date = "",
    ) -> Response:
        """List the requests of your agency, the newest first (GET Service Requests)."""
        statuses = _listed(status)
        if not statuses <= _STATUSES:
            raise invalid("status", "Send open, closed, or both.")
        key = agency_key(request)
        if numbers := _listed(service_request_id):
            cases = self._known_cases(request, numbers)
        else:
            since, until = _period(start_date, end_date, self._now())
            with read_transaction(self._engine) as connection:
                dispatched = read_dispatched(connection, key.agency, since, until, _MAX_REQUESTS)
            self._answers.opened(dispatched)
            cases = _documents(dispatched, self._deadlines)
        codes = _listed(service_code)
        rows = [
            row
            for case in cases
            if (not codes or case.topic in codes)
            and (row := self._row(case, key.agency))["status"] in (statuses or _STATUSES)
        ]
        return open311_response(request.url.path, rows)

    def request(self, request: Request, number: str) -> Response:
        """Return a request of your agency (GET Service Request)."""
        key = agency_key(request)
        return open311_response(request.url.path, [self._row(self._known_case(key, number), key.agency)])

    def _known_cases(self, request: Request, numbers: Collection[str]) -> Iterable[Case]:
        for number in sorted(numbers)[:_MAX_REQUESTS]:
            try:
                yield self._known_case(agency_key(request), number)
            except ApiError:
                continue

    def _known_case(self, key: AgencyKey, number: str) -> Case:
        """Return the case of a number, which is opened by that. Raises `ApiError`."""
        view = find_case(self._answers.case, key, number)
        self._answers.opened([view.case.case])
        return case_detail(view, self._deadlines)

    def _row(self, case: Case, agency: str) -> dict[str, Value]:
        place = case.place
        address = ", ".join(filter(None, (place.address, place.district, place.region)))
        return {
            "service_request_id": case.number,
            "status": "closed" if case.state in _CLOSED_STATES else "open",
            "status_notes": case.state,
            "service_name": case.topic or None,
            "service_code": case.topic or None,
            "description": case.text,
            "agency_responsible": self._institutions.name(agency),
            "service_notice": None,
            "requested_datetime": iso(case.received or case.dispatched),
            "updated_datetime": iso(case.changed),
            "expected_datetime": iso(case.due),
            "address": address or None,
            "address_id": None,
            "zipcode": None,
            "lat": place.latitude,
            "long": place.longitude,
            "media_url": case.pictures[0].address if case.pictures else None,
        }


def _documents(rows: Iterable[Row[Any]], deadlines: Deadlines) -> Iterable[Case]:
    return (case_document(row, deadlines) for row in rows)


def _listed(argument: str) -> frozenset[str]:
    return frozenset(part.strip() for part in argument.split(",") if part.strip())


def _period(start: str, end: str, now: datetime) -> tuple[datetime, datetime]:
    """Return the period of a list: 90 days at most, up to now if nothing else is asked for."""
    start_at, end_at = _date("start_date", start), _date("end_date", end)
    if start_at and end_at:
        return max(start_at, end_at - _MAX_SPAN), end_at
    if start_at:
        return start_at, start_at + _MAX_SPAN
    until = end_at or now
    return until - _MAX_SPAN, until


def _date(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        date = datetime.fromisoformat(text.replace(" ", "+"))
        moment = date if date.tzinfo else date.replace(tzinfo=UTC)
        # A date at the border of the calendar has no neighbours to compute with.
        return min(max(moment.astimezone(UTC), _FIRST_DATE), _LAST_DATE)
    except (ValueError, OverflowError):
        raise invalid(name, "Send a date as in 2026-11-24T08:04:05Z.") from None


_FIRST_DATE, _LAST_DATE = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)

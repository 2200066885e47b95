"""Addresses of the public view: the filter and the position of a page in the query of an address. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

from sinks.public.public_id import is_public_id
from sinks.public.queries import CLOSED, OPEN, Position, PublicFilter

LIST = "/publik"
FEED = "/publik/umpan.atom"
# Argument of the form's address: the public id of the report that the new one joins.
JOIN_ARGUMENT = "sama"
_AGENCY, _TOPIC, _REGION, _STATE, _BEFORE = "instansi", "topik", "wilayah", "status", "sebelum"
_MAX_LENGTH = 100


def read_filter(arguments: Mapping[str, str]) -> PublicFilter:
    """Return the filter in the arguments of an address. An unknown state counts as none."""
    values = {name: arguments.get(name, "").strip()[:_MAX_LENGTH] for name in (_AGENCY, _TOPIC, _REGION, _STATE)}
    state = values[_STATE] if values[_STATE] in {OPEN, CLOSED} else ""
    topics = (values[_TOPIC],) if values[_TOPIC] else ()
    return PublicFilter(values[_AGENCY], topics, values[_REGION], state)


def read_position(arguments: Mapping[str, str]) -> Position | None:
    """Return the position after which a page begins; `None` for the first page, also for a damaged address."""
    written, _, public_id = arguments.get(_BEFORE, "").partition("~")
    try:
        published_at = datetime.fromisoformat(written)
    except ValueError:
        return None
    if not is_public_id(public_id) or published_at.tzinfo is None:
        return None
    return Position(published_at.astimezone(UTC), public_id)


def list_address(chosen: PublicFilter, before: Position | None = None, path: str = LIST) -> str:
    """Return the address of a list. The arguments are always in the same order, so that equal lists have one."""
    arguments = {
        _AGENCY: chosen.agency,
        _TOPIC: chosen.topics[0] if chosen.topics else "",
        _REGION: chosen.region,
        _STATE: chosen.state,
        _BEFORE: f"{_precise(before.published_at)}~{before.public_id}" if before else "",
    }
    query = urlencode({name: value for name, value in arguments.items() if value})
    return f"{path}?{query}" if query else path


def report_address(public_id: str) -> str:
    """Return the address of a report's page."""
    return f"{LIST}/{public_id}"


def join_address(public_id: str) -> str:
    """Return the address of the form for a report that joins this one."""
    return f"/lapor?{JOIN_ARGUMENT}={public_id}"


def _precise(at: datetime) -> str:
    """Return a moment to the microsecond: `iso` would skip the reports of the same millisecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

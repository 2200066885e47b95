"""Addresses of the public view: the filter and the beginning of a page in the query of an address. Pure."""

from collections.abc import Mapping

from pages.addresses import with_query
from sinks.public.public_id import is_public_id
from sinks.public.queries import CLOSED, OPEN, PublicFilter

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


def read_position(arguments: Mapping[str, str]) -> str:
    """Return the public id of the report after which a page begins; empty for the first page and a damaged address."""
    public_id = arguments.get(_BEFORE, "")
    return public_id if is_public_id(public_id) else ""


def list_address(chosen: PublicFilter, before: str = "", path: str = LIST) -> str:
    """Return the address of a list that begins after a report, given its public id.

    The arguments are always in the same order, so that equal lists have one.
    """
    arguments = {
        _AGENCY: chosen.agency,
        _TOPIC: chosen.topics[0] if chosen.topics else "",
        _REGION: chosen.region,
        _STATE: chosen.state,
        _BEFORE: before,
    }
    return with_query(path, **arguments)


def report_address(public_id: str) -> str:
    """Return the address of a report's page."""
    return f"{LIST}/{public_id}"


def join_address(public_id: str) -> str:
    """Return the address of the form for a report that joins this one."""
    return f"/lapor?{JOIN_ARGUMENT}={public_id}"

"""Addresses of the public view: the filter and the beginning of a page in the query of an address. Pure."""

from collections.abc import Mapping, Sequence

from pages.addresses import with_query
from sinks.public.public_id import is_public_id
from sinks.public.queries import CLOSED, OPEN, PublicFilter
from sinks.public.word_search import Stems, query_words

LIST = "/publik"
FEED = "/publik/umpan.atom"
# Argument of the form's address: the public id of the report that the new one joins.
JOIN_ARGUMENT = "sama"
_QUERY, _AGENCY, _TOPIC, _REGION, _STATE, _BEFORE = "kata", "instansi", "topik", "wilayah", "status", "sebelum"
_MAX_LENGTH = 100


def read_filter(arguments: Mapping[str, str], stems: Stems) -> PublicFilter:
    """Return the filter in the arguments of an address. An unknown state and a search without a word count as none."""
    names = (_QUERY, _AGENCY, _TOPIC, _REGION, _STATE)
    values = {name: arguments.get(name, "").strip()[:_MAX_LENGTH] for name in names}
    state = values[_STATE] if values[_STATE] in {OPEN, CLOSED} else ""
    topics = (values[_TOPIC],) if values[_TOPIC] else ()
    words = query_words(values[_QUERY], stems)
    return PublicFilter(values[_AGENCY], topics, values[_REGION], state, values[_QUERY] if words else "", words)


def read_position(arguments: Mapping[str, str]) -> str:
    """Return the public id of the report after which a page begins; empty for the first page and a damaged address."""
    public_id = arguments.get(_BEFORE, "")
    return public_id if is_public_id(public_id) else ""


def list_address(chosen: PublicFilter, before: str = "", path: str = LIST) -> str:
    """Return the address of a list that begins after a report, given its public id.

    The arguments are always in the same order, so that equal lists have one.
    """
    return with_query(path, **{_QUERY: chosen.query, **dict(filter_arguments(chosen)), _BEFORE: before})


def filter_arguments(chosen: PublicFilter) -> Sequence[tuple[str, str]]:
    """Return the arguments of a filter that are not empty, without the search: a new search keeps them."""
    arguments = {
        _AGENCY: chosen.agency,
        _TOPIC: chosen.topics[0] if chosen.topics else "",
        _REGION: chosen.region,
        _STATE: chosen.state,
    }
    return [(name, value) for name, value in arguments.items() if value]


def report_address(public_id: str) -> str:
    """Return the address of a report's page."""
    return f"{LIST}/{public_id}"


def join_address(public_id: str) -> str:
    """Return the address of the form for a report that joins this one."""
    return f"/lapor?{JOIN_ARGUMENT}={public_id}"

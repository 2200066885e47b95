"""Reads `agencies.csv` and names the faults that make it unusable."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from config.reference.table_reader import TableError, read_table, split_cell
from language.phrase_index import normalize_phrase
from messages.topics import TRIAGE
from router.registry.agencies import KINDS, Agency

AGENCIES = "agencies.csv"
_COLUMNS = frozenset(
    (
        *("code", "kind", "name", "acronym", "aliases", "places", "region"),
        *("parent", "connected", "fallback", "valid_from", "valid_to", "successors"),
    )
)


def load_agencies(path: Path) -> list[Agency]:
    """Return the rows in their order. Raises `TableError` if a row cannot be read."""
    return [_agency(row.cells) for row in read_table(path, _COLUMNS)]


def _agency(cells: Mapping[str, str]) -> Agency:
    if cells["connected"] not in {"yes", "no"}:
        raise TableError(f"{AGENCIES}: {cells['code']}: connected must be yes or no")
    return Agency(
        code=cells["code"],
        kind=cells["kind"],
        name=cells["name"],
        acronym=cells["acronym"],
        aliases=split_cell(cells["aliases"]),
        places=split_cell(cells["places"]),
        region=cells["region"],
        parent=cells["parent"],
        connected=cells["connected"] == "yes",
        fallback=cells["fallback"],
        valid_from=_date(cells, "valid_from"),
        valid_to=_date(cells, "valid_to"),
        successors=split_cell(cells["successors"]),
    )


def _date(cells: Mapping[str, str], column: str) -> date | None:
    try:
        return date.fromisoformat(cells[column]) if cells[column] else None
    except ValueError as error:
        raise TableError(f"{AGENCIES}: {cells['code']}: {column} is no date like 2024-10-21") from error


def agency_faults(agencies: Sequence[Agency]) -> Iterator[str]:
    """Yield a line for each fault that makes the rows unusable for routing."""
    institutions = {agency.code: agency for agency in agencies}
    yield from _duplicate_codes(agencies)
    if TRIAGE not in institutions:
        yield f"the row {TRIAGE!r} is missing; undecided complaints need a queue"
    owners: dict[str, str] = {}
    for agency in agencies:
        if agency.code and normalize_phrase(agency.name):
            yield from (f"{agency.code}: {fault}" for fault in _row_faults(agency, institutions, owners))
        else:
            yield f"{agency.code or agency.name!r}: a code and a name are needed"


def _duplicate_codes(agencies: Iterable[Agency]) -> Iterator[str]:
    for code, count in Counter(agency.code for agency in agencies).items():
        if count > 1:
            yield f"code {code} stands {count} times; each row needs its own"


def _row_faults(agency: Agency, institutions: Mapping[str, Agency], owners: dict[str, str]) -> Iterator[str]:
    """Yield the faults of one row. `owners` are the codes of the phrases of the rows before; its phrases are added."""
    yield from _cell_faults(agency)
    yield from _validity_faults(agency)
    yield from _relation_faults(agency, institutions)
    for name in sorted(set(agency.all_names())):
        if owners.setdefault(name, agency.code) != agency.code:
            yield f"{name!r} already names {owners[name]}; leave it to one of them"


def _cell_faults(agency: Agency) -> Iterator[str]:
    if agency.kind not in KINDS:
        yield f"kind {agency.kind!r} is none of {', '.join(KINDS)}"
    for phrase in (*agency.aliases, *agency.places):
        if phrase != normalize_phrase(phrase) or not phrase:
            yield f"write {phrase!r} as {normalize_phrase(phrase)!r}"


def _validity_faults(agency: Agency) -> Iterator[str]:
    if agency.valid_to and not agency.successors:
        yield "valid_to without successors; nobody would get its complaints"
    if agency.successors and not agency.valid_to:
        yield "successors without valid_to; write the first day on which it did not exist"
    if agency.valid_from and agency.valid_to and agency.valid_to <= agency.valid_from:
        yield "valid_to is not after valid_from"


def _relation_faults(agency: Agency, institutions: Mapping[str, Agency]) -> Iterator[str]:
    if agency.parent and agency.parent not in institutions:
        yield f"parent {agency.parent!r} is not an agency"
    for column, codes in (("fallback", filter(None, [agency.fallback])), ("successors", agency.successors)):
        yield from (f"{column} {code!r} is not an agency" for code in codes if code not in institutions)
    if _leads_back(agency.code, institutions, lambda institution: institution.successors):
        yield "its successors lead back to it"
    if _leads_back(agency.code, institutions, lambda institution: (institution.fallback,)):
        yield "its fallback leads back to it"


def _leads_back(code: str, institutions: Mapping[str, Agency], next_codes: Callable[[Agency], Iterable[str]]) -> bool:
    """Return True if the institutions that follow from one lead back to it."""
    pending, visited = list(next_codes(institutions[code])), set[str]()
    while pending:
        candidate = pending.pop()
        if candidate == code:
            return True
        if candidate in institutions and candidate not in visited:
            visited.add(candidate)
            pending += next_codes(institutions[candidate])
    return False

"""The rows of `agencies.csv`: institutions, what names them, who came after them and who stands in for them."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.reference.table_reader import TableError, read_table, split_cell
from language.phrase_index import normalize_phrase

TRIAGE = "triage"

# How people call a government when they name it by its region; %s is the region's own name.
_FORMS = {
    "provinsi": ("provinsi %s", "propinsi %s", "prov %s", "pemprov %s", "pemerintah provinsi %s", "gubernur %s"),
    "kota": ("kota %s", "pemkot %s", "pemerintah kota %s", "walikota %s", "wali kota %s"),
    "kabupaten": ("kabupaten %s", "kab %s", "pemkab %s", "pemerintah kabupaten %s", "bupati %s"),
}
_GOVERNMENTS = ("pemda ", "pemerintah ", *(form.removesuffix("%s") for forms in _FORMS.values() for form in forms))
_KINDS = ("kementerian", "lembaga", "bumn", *_FORMS, TRIAGE)
# What people write for the first words of a name.
_BEGINNINGS = (
    ("kementerian ", ("kementrian ",)),
    ("ditjen ", ("dirjen ", "direktorat jenderal ", "direktorat jendral ", "direktur jenderal ", "direktur jendral ")),
)
_ENDINGS = (" persero tbk", " persero", " tbk")
_COUNTRY, _SHORT_COUNTRY = " republik indonesia", " ri"
_OWN = ("code", "kind", "name", "acronym", "aliases", "places", "region")
_RELATIONS = ("parent", "connected", "fallback", "valid_from", "valid_to", "successors")
_COLUMNS = frozenset((*_OWN, *_RELATIONS))


@dataclass(frozen=True, slots=True)
class Agency:
    """One institution. `parent` is the province of a city or regency; `region` its official code, dotted.

    An institution that is not `connected` can't receive complaints yet: `fallback` gets them. One that is no more has
    `valid_to`, its first day of not being, and `successors`.
    """

    code: str
    kind: str
    name: str
    acronym: str = ""
    aliases: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    region: str = ""
    parent: str = ""
    connected: bool = True
    fallback: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    successors: tuple[str, ...] = ()

    @property
    def regional(self) -> bool:
        """Whether it governs a region; all others are competent in the whole country."""
        return self.kind in _FORMS

    @property
    def former(self) -> bool:
        """Whether it is no more. It has no queue: its matters are its successors'."""
        return bool(self.successors)

    def names(self) -> Iterator[str]:
        """Every phrase that names this institution by itself, the made ones too; one may come twice."""
        yield from self.made()
        yield from self.aliases

    def made(self) -> Iterator[str]:
        """The phrases that follow from name, acronym and aliases."""
        own = normalize_phrase(self.name)
        yield own
        if self.acronym:
            yield normalize_phrase(self.acronym)
        for ending in _ENDINGS:
            yield own.removesuffix(ending)
        if own.endswith(_COUNTRY):
            yield own.removesuffix(_COUNTRY) + _SHORT_COUNTRY
        for known in (own, *self.aliases):
            for beginning, others in _BEGINNINGS:
                if known.startswith(beginning):
                    yield from (other + known.removeprefix(beginning) for other in others)
        yield from self.called(own.removeprefix(f"{self.kind} "))

    def called(self, place: str) -> Iterator[str]:
        """How people call the government of a place."""
        return (form % place for form in _FORMS.get(self.kind, ()))


def governs(phrase: str) -> bool:
    """Whether a phrase calls a government by its place."""
    return normalize_phrase(phrase).startswith(_GOVERNMENTS)


def phrases(agencies: Sequence[Agency]) -> dict[str, str]:
    """Codes by all that names them: their names, and what the governments of their places are called.

    Two regencies whose capitals are called Martapura are told apart by neither.
    """
    shared = Counter((agency.kind, place) for agency in agencies for place in agency.places)
    named = {
        phrase: agency.code
        for agency in agencies
        for place in agency.places
        if shared[agency.kind, place] == 1
        for phrase in agency.called(place)
    }
    return named | {name: agency.code for agency in agencies for name in agency.names()}


def load_agencies(path: Path) -> list[Agency]:
    """The rows in their order. Raises `TableError` where one can't be read."""
    return [_agency(row.cells) for row in read_table(path, _COLUMNS)]


def _agency(row: Mapping[str, str]) -> Agency:
    if row["connected"] not in {"yes", "no"}:
        raise TableError(f"agencies.csv: {row['code']}: connected must be yes or no")
    return Agency(
        code=row["code"],
        kind=row["kind"],
        name=row["name"],
        acronym=row["acronym"],
        aliases=split_cell(row["aliases"]),
        places=split_cell(row["places"]),
        region=row["region"],
        parent=row["parent"],
        connected=row["connected"] == "yes",
        fallback=row["fallback"],
        valid_from=_date(row, "valid_from"),
        valid_to=_date(row, "valid_to"),
        successors=split_cell(row["successors"]),
    )


def _date(row: Mapping[str, str], column: str) -> date | None:
    try:
        return date.fromisoformat(row[column]) if row[column] else None
    except ValueError as error:
        raise TableError(f"agencies.csv: {row['code']}: {column} is no date like 2024-10-21") from error


def current_institutions(code: str, known: Mapping[str, Agency]) -> tuple[str, ...]:
    """The institution itself, or those it became in the end, in their order; of an unknown code, nothing."""
    found: dict[str, None] = {}
    waiting, seen = [code], set[str]()
    while waiting:
        here = waiting.pop(0)
        agency = known.get(here)
        if agency is None or here in seen:
            continue
        seen.add(here)
        if agency.former:
            waiting[:0] = agency.successors
        else:
            found[here] = None
    return tuple(found)


def receiving_agency(code: str, known: Mapping[str, Agency]) -> str:
    """The institution that gets what is meant for a code: a connected one, at last triage."""
    seen: set[str] = set()
    while code not in seen and code in known:
        seen.add(code)
        code = next(iter(current_institutions(code, known)), TRIAGE)
        agency = known[code]
        if agency.connected:
            return code
        code = agency.fallback or agency.parent or TRIAGE
    return TRIAGE


def agency_faults(agencies: Sequence[Agency]) -> Iterator[str]:
    """What makes rows unfit to route by."""
    known = {agency.code: agency for agency in agencies}
    yield from (f"code {code} stands {count} times" for code, count in _counted(agencies) if count > 1)
    if TRIAGE not in known:
        yield f"the row {TRIAGE!r} is missing; what nobody can place has nowhere to go"
    claimed: dict[str, str] = {}
    for agency in agencies:
        if not agency.code or not normalize_phrase(agency.name):
            yield f"{agency.code or agency.name!r}: a code and a name are needed"
            continue
        yield from (f"{agency.code}: {fault}" for fault in (*_own(agency), *_relations(agency, known)))
        for name in sorted(set(agency.names())):
            if claimed.setdefault(name, agency.code) != agency.code:
                yield f"{agency.code}: {name!r} already names {claimed[name]}; leave it to one of them"


def _counted(agencies: Iterable[Agency]) -> Iterable[tuple[str, int]]:
    return Counter(agency.code for agency in agencies).items()


def _own(agency: Agency) -> Iterator[str]:
    if agency.kind not in _KINDS:
        yield f"kind {agency.kind!r} is none of {', '.join(_KINDS)}"
    for phrase in (*agency.aliases, *agency.places):
        if phrase != normalize_phrase(phrase) or not phrase:
            yield f"write {phrase!r} as {normalize_phrase(phrase)!r}"
    if agency.valid_to and not agency.successors:
        yield "valid_to without successors; nobody would get its complaints"
    if agency.successors and not agency.valid_to:
        yield "successors without valid_to; say since when it is no more"
    if agency.valid_from and agency.valid_to and agency.valid_to <= agency.valid_from:
        yield "valid_to is not after valid_from"


def _relations(agency: Agency, known: Mapping[str, Agency]) -> Iterator[str]:
    if agency.parent and agency.parent not in known:
        yield f"parent {agency.parent!r} is not an agency"
    for column, codes in (("fallback", filter(None, [agency.fallback])), ("successors", agency.successors)):
        yield from (f"{column} {code!r} is not an agency" for code in codes if code not in known)
    if _returns(agency.code, known, lambda each: each.successors):
        yield "its successors lead back to it"
    if _returns(agency.code, known, lambda each: (each.fallback,)):
        yield "its fallback leads back to it"


def _returns(code: str, known: Mapping[str, Agency], following: Callable[[Agency], Iterable[str]]) -> bool:
    """Whether those that follow an institution, and those that follow them, come back to it."""
    waiting, seen = list(following(known[code])), set[str]()
    while waiting:
        here = waiting.pop()
        if here == code:
            return True
        if here in known and here not in seen:
            seen.add(here)
            waiting += following(known[here])
    return False

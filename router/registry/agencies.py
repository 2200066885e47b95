"""Institutions as rows of `agencies.csv`: the phrases that name them, and their successors and substitutes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from language.phrase_index import normalize_phrase
from messages.topics import TRIAGE

# Forms by which people name a government; %s is the name of its region.
_GOVERNMENT_FORMS = {
    "provinsi": ("provinsi %s", "propinsi %s", "prov %s", "pemprov %s", "pemerintah provinsi %s", "gubernur %s"),
    "kota": ("kota %s", "pemkot %s", "pemerintah kota %s", "walikota %s", "wali kota %s"),
    "kabupaten": ("kabupaten %s", "kab %s", "pemkab %s", "pemerintah kabupaten %s", "bupati %s"),
}
_GOVERNMENT_PREFIXES = (
    "pemda ",
    "pemerintah ",
    *(form.removesuffix("%s") for forms in _GOVERNMENT_FORMS.values() for form in forms),
)
KINDS = ("kementerian", "lembaga", "bumn", *_GOVERNMENT_FORMS, TRIAGE)
# The beginning of an official name, and the beginnings that people write instead.
_WRITTEN_BEGINNINGS = (
    ("kementerian ", ("kementrian ",)),
    ("ditjen ", ("dirjen ", "direktorat jenderal ", "direktorat jendral ", "direktur jenderal ", "direktur jendral ")),
)
_COMPANY_ENDINGS = (" persero tbk", " persero", " tbk")
_COUNTRY_ENDING, _SHORT_COUNTRY_ENDING = " republik indonesia", " ri"


@dataclass(frozen=True, slots=True)
class Agency:
    """One institution. `parent` is the province of a city or regency; `region` its official code, dotted.

    An institution that is not `connected` cannot receive complaints yet: `fallback` gets them. A former institution has
    `valid_to`, the first day on which it did not exist, and `successors`.
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
    def is_regional(self) -> bool:
        """True if it governs a region; all other institutions are competent in the whole country."""
        return self.kind in _GOVERNMENT_FORMS

    @property
    def is_former(self) -> bool:
        """True if it no longer exists. It has no queue: its successors are competent."""
        return bool(self.successors)

    def all_names(self) -> Iterator[str]:
        """Yield every phrase that names this institution alone; a phrase may come twice."""
        yield from self.derived_names()
        yield from self.aliases

    def derived_names(self) -> Iterator[str]:
        """Yield the phrases that follow from name, acronym and aliases."""
        name = normalize_phrase(self.name)
        yield name
        if self.acronym:
            yield normalize_phrase(self.acronym)
        for ending in _COMPANY_ENDINGS:
            yield name.removesuffix(ending)
        if name.endswith(_COUNTRY_ENDING):
            yield name.removesuffix(_COUNTRY_ENDING) + _SHORT_COUNTRY_ENDING
        for phrase in (name, *self.aliases):
            yield from _written_variants(phrase)
        yield from self.government_names(name.removeprefix(f"{self.kind} "))

    def government_names(self, place_name: str) -> Iterator[str]:
        """Yield the names of a place's government; none if the institution is no government."""
        return (form % place_name for form in _GOVERNMENT_FORMS.get(self.kind, ()))


def _written_variants(phrase: str) -> Iterator[str]:
    for official, written_beginnings in _WRITTEN_BEGINNINGS:
        if phrase.startswith(official):
            yield from (written + phrase.removeprefix(official) for written in written_beginnings)


def is_government_phrase(phrase: str) -> bool:
    """Return True if a phrase names a government by its place."""
    return normalize_phrase(phrase).startswith(_GOVERNMENT_PREFIXES)


def codes_by_phrase(agencies: Sequence[Agency]) -> dict[str, str]:
    """Return the code of an institution for each phrase that names it, or the government of one of its places.

    Two regencies whose capitals are both called Martapura cannot be told apart: that phrase names neither.
    """
    place_counts = Counter((agency.kind, place_name) for agency in agencies for place_name in agency.places)
    by_place = {
        phrase: agency.code
        for agency in agencies
        for place_name in agency.places
        if place_counts[agency.kind, place_name] == 1
        for phrase in agency.government_names(place_name)
    }
    return by_place | {name: agency.code for agency in agencies for name in agency.all_names()}


def current_institutions(code: str, institutions: Mapping[str, Agency]) -> tuple[str, ...]:
    """Return the institution itself, or its last successors in their order; nothing for an unknown code."""
    current: dict[str, None] = {}
    pending, visited = [code], set[str]()
    while pending:
        candidate = pending.pop(0)
        agency = institutions.get(candidate)
        if agency is None or candidate in visited:
            continue
        visited.add(candidate)
        if agency.is_former:
            pending[:0] = agency.successors
        else:
            current[candidate] = None
    return tuple(current)


def receiving_agency(code: str, institutions: Mapping[str, Agency]) -> str:
    """Return the connected institution that receives the complaints for a code; triage if there is none."""
    visited: set[str] = set()
    while code not in visited and code in institutions:
        visited.add(code)
        code = next(iter(current_institutions(code, institutions)), TRIAGE)
        agency = institutions[code]
        if agency.connected:
            return code
        code = agency.fallback or agency.parent or TRIAGE
    return TRIAGE

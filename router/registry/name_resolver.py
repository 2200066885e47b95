"""Whose name a spelling is: an institution's, a unit's of one, or a place's; pure over the operator's files.

It reads what stands in a field for the addressee, or a few words cut out of a text; whole texts are weighed elsewhere.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from unicodedata import normalize

from config.reference.regions import Regions
from language.model import LanguageModel
from language.phrase_index import PhraseIndex, normalize_phrase
from router.registry.agencies import Agency, current_institutions, governs
from router.registry.jurisdiction import Jurisdiction
from router.registry.typo_correction import TypoCorrector
from router.registry.unit_location import PlaceMention, UnitLocation, UnitLocator
from router.registry.units import BY_PLACE, PLACE, Unit, Units

# A field holds a name, not a story; what is longer is read so far.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Resolution:
    """`institutions` are codes, best first: none where the spelling names none, or a unit without its place.

    `region` is the dotted code of the place that is named, empty where it is none or one of several; `unit` the kind
    of unit as `units.csv` calls it. `how`: `name`, `unit`, `place`, `unplaced` (a unit of a place unknown), `nothing`.
    """

    institutions: tuple[str, ...] = ()
    region: str = ""
    unit: str = ""
    how: str = "nothing"


class _Said(NamedTuple):
    """An institution or a unit, and where it is written; `itself`: not by its place (Bank Jatim, Pasar Jaya)."""

    start: int
    end: int
    agency: Agency | None = None
    itself: bool = True
    unit: Unit | None = None

    @property
    def rank(self) -> int:
        """What says more by itself comes first; of two alike, the one that is written first."""
        return int(not self.itself or (self.unit is not None and self.unit.open))


class NameResolver:
    """Finds the institutions that a spelling names. `known` are all institutions, former ones too."""

    def __init__(
        self, known: Mapping[str, Agency], named: PhraseIndex[Agency], units: Units, language: LanguageModel
    ) -> None:
        self._known, self._named, self._units, self._language = known, named, units, language
        self._governments = Jurisdiction(known.values())
        self._seats = UnitLocator(self._governments, language.place_finder)

    def resolve(self, spelling: str, place: Collection[str] = ()) -> Resolution:
        """Whose name it is; `place`: dotted codes known from elsewhere. A slip of the pen is looked through."""
        written = normalize("NFKC", spelling[:_LONGEST])
        found = self._read(written, place)
        if len(found.institutions) == 1:
            return found
        mended = [self._read(reading, place) for reading in self._mender.readings(written)]
        better = [each for each in mended if each.institutions]
        # What may be meant in two ways is not guessed.
        if len({each.institutions for each in better}) == 1 and _says_more(better[0], found):
            return better[0]
        return found

    @cached_property
    def _mender(self) -> TypoCorrector:
        names = (name for agency in self._known.values() for name in agency.names())
        return TypoCorrector([*names, *(unit.pattern for unit in self._units.all), *_names(self._language.regions)])

    def _read(self, spelling: str, place: Collection[str]) -> Resolution:
        said = self._said(spelling)
        main = min(said, key=lambda each: (each.rank, each.start), default=None)
        named = [
            PlaceMention(each.start, each.end, (each.agency.region,))
            for each in said
            if each.agency and not each.itself
        ]
        # A government's own name holds its place.
        span = (main.start, main.end if main.itself else main.start) if main else None
        seat = self._seats.of(spelling, span, named, place)
        if main is not None and main.unit is not None:
            return self._unit(main.unit, seat)
        if main is not None and main.agency is not None and (main.itself or not seat.codes):
            return Resolution(current_institutions(main.agency.code, self._known), seat.region, how="name")
        governments = self._seats.governments(PLACE, seat)
        return Resolution(governments, seat.region, how=("name" if main else "place") if governments else "nothing")

    def _unit(self, unit: Unit, seat: UnitLocation) -> Resolution:
        institutions = [
            institution
            for code in unit.institutions
            for institution in (
                self._seats.governments(code, seat) if code in BY_PLACE else current_institutions(code, self._known)
            )
        ]
        if unit.placed and self._governments.codes.isdisjoint(institutions):
            return Resolution((), seat.region, unit.name, "unplaced")
        return Resolution(tuple(dict.fromkeys(institutions)), seat.region, unit.name, "unit")

    def _said(self, spelling: str) -> list[_Said]:
        """What is named and does not stand within what is named in more words."""
        said = [
            _Said(found.start, found.start + len(found.words), agency, itself=_by_itself(agency, found.words))
            for found in self._named.find(spelling)
            for agency in [found.meaning]
        ]
        units = self._units.find(self._language.words.of(spelling))
        said += [_Said(found.start, found.end, unit=found.unit) for found in units]
        return [one for one in said if not any(_hides(other, one) for other in said)]


def _says_more(one: Resolution, other: Resolution) -> bool:
    return not other.institutions or len(one.institutions) < len(other.institutions)


def _by_itself(agency: Agency, words: str) -> bool:
    """Whether an institution is named by another name than its place's."""
    return not agency.regional or (normalize_phrase(words) in agency.aliases and not governs(words))


def _hides(other: _Said, one: _Said) -> bool:
    """Whether one stands within the words of another. Of two in the same words, the unit says more."""
    if (other.start, other.end) == (one.start, one.end):
        return other.unit is not None and one.unit is None
    return other.start <= one.start and one.end <= other.end


def _names(regions: Regions, code: str = "") -> Iterator[str]:
    for region in regions.children(code):
        yield region.name
        yield from _names(regions, region.code)

"""Whose name a spelling is: an institution, a unit of one, or a place's government; pure over the operator's files.

It reads what stands in a field for the addressee, or a few words cut out of a text; whole texts are weighed elsewhere.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from config.regions import Regions, load_regions
from language.gazetteer import Gazetteer, Mention, load_gazetteer, related
from language.phrases import PhraseIndex
from language.tokens import Tokens
from language.words import Words
from router.agencies import Agency, current
from router.mending import Mender
from router.units import BY_PLACE, PLACE, PROVINCE, FoundUnit, Unit, Units

# A field holds a name, not a story; what is longer is read so far.
_LONGEST = 300
# “Siak”, “Batu”: words like others in a text; behind a unit, the region.
_SAID_BEFORE = ("kota", "kabupaten", "provinsi")
_TAIL = 4
# Jakarta's cities are administrative: the province governs them.
_JAKARTA = "31"


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
    """An institution or a unit, and where it is written."""

    start: int
    end: int
    agency: Agency | None
    unit: Unit | None

    @property
    def rank(self) -> int:
        """What says more by itself comes first; of two alike, the one that is written first."""
        if self.unit is not None:
            return 2 if self.unit.open else 0
        return 1 if self.agency is not None and self.agency.regional else 0


class _Place(NamedTuple):
    """Codes that are alike likely; `beside`: a province that is named as one right behind what it belongs to."""

    codes: tuple[str, ...]
    beside: bool = False


class Resolver:
    """`known` are all institutions, former ones too. Places and their spellings are loaded when first needed."""

    def __init__(
        self,
        known: Mapping[str, Agency],
        named: PhraseIndex[Agency],
        units: Units,
        words: Words,
        gazetteer: Gazetteer | None = None,
    ) -> None:
        self._known, self._named, self._units, self._words = known, named, units, words
        self._given = gazetteer
        self._governments = {agency.region: agency.code for agency in known.values() if agency.region}

    def resolve(self, spelling: str, place: Collection[str] = ()) -> Resolution:
        """Whose name it is; `place`: dotted codes known from elsewhere. A slip of the pen is looked through."""
        written = spelling[:_LONGEST]
        found = self._read(written, place)
        if found.institutions:
            return found
        mended = self._mender.mended(written)
        again = self._read(mended, place) if mended != written else found
        return again if again.institutions or found.how == "nothing" else found

    @cached_property
    def _regions(self) -> Regions:
        return load_regions()

    @cached_property
    def _gazetteer(self) -> Gazetteer:
        return self._given or load_gazetteer(self._regions)

    @cached_property
    def _mender(self) -> Mender:
        names = (name for agency in self._known.values() for name in agency.names())
        return Mender([*names, *(unit.pattern for unit in self._units.all), *_names(self._regions)])

    def _read(self, spelling: str, place: Collection[str]) -> Resolution:
        main = min(self._said(spelling), key=lambda said: (said.rank, said.start), default=None)
        tokens = Tokens(spelling if spelling != spelling.upper() and spelling != spelling.lower() else spelling.title())
        where = self._where(tokens, main, place)
        region = where.codes[0] if len(where.codes) == 1 else ""
        if main is None:
            # A bare name must be surely a place's: “Bapak Bambang” is nobody's government.
            governments = tuple(self._governments_of(PLACE, where)) if where.codes else ()
            return Resolution(governments, region, how="place" if governments else "nothing")
        if main.unit is None and main.agency is not None:
            if main.agency.regional and where.codes:
                return Resolution(tuple(self._governments_of(PLACE, where)), region, how="name")
            return Resolution(current(main.agency.code, self._known), region, how="name")
        unit = main.unit
        if unit is None:
            return Resolution()
        codes = tuple(dict.fromkeys(code for each in unit.institutions for code in self._institutions(each, where)))
        if unit.placed and not any(code in self._governments.values() for code in codes):
            return Resolution((), region, unit.name, "unplaced")
        return Resolution(codes, region, unit.name, "unit")

    def _said(self, spelling: str) -> list[_Said]:
        """What is named and does not stand within what is named in more words."""
        units = self._units.find(self._words.of(spelling))
        names = [_Said(found.start, found.start + len(found.words), found.meaning, None) for found in self._named.find(spelling)]
        said = [*(_Said(found.start, found.end, None, found.unit) for found in units), *names]
        return [one for one in said if not any(_hides(other, one) for other in said)]

    def _institutions(self, code: str, where: _Place) -> Iterable[str]:
        return self._governments_of(code, where) if code in BY_PLACE else current(code, self._known)

    def _governments_of(self, level: str, where: _Place) -> Iterator[str]:
        """The governments of a level where the place may be, the narrowest first."""
        for code in sorted(where.codes, key=lambda code: (-min(code.count("."), 1), code.split(".")[1:2] < ["70"], code)):
            province, *deeper = code.split(".")
            whole = province == _JAKARTA or level == PROVINCE or (level == PLACE and (not deeper or where.beside))
            government = self._governments.get(province if whole else ".".join((province, *deeper[:1])))
            if government is not None and (whole or deeper):
                yield government

    def _where(self, tokens: Tokens, main: _Said | None, place: Collection[str]) -> _Place:
        mentions = [mention for mention in self._gazetteer.find(tokens) if not _within(mention, tokens, main)]
        if main is None:
            mentions = [mention for mention in mentions if mention.sure or mention.said]
        if not mentions and main is not None:
            mentions = [*self._behind(tokens.text[main.end :])]
        if not mentions:
            return _Place(tuple(place))
        first = next((each for each in mentions if main and tokens.starts[each.first] >= main.start), mentions[0])
        beside = bool(main) and first.said and all(_province(code) for code in first.codes)
        codes = first.codes
        for other in mentions:
            narrower = tuple(code for code in other.codes if any(code.startswith(f"{wide}.") for wide in codes))
            codes = codes if beside else narrower or codes
        known = tuple(code for code in codes if any(related(code, theirs) for theirs in place))
        return _Place(known or codes, beside)

    def _behind(self, rest: str) -> Iterator[Mention]:
        """A region whose name counts only as one that is said to be one: the unit before it says so."""
        words = Tokens(rest).words
        tails = [words[:_TAIL], *(words[-length:] for length in range(min(_TAIL, len(words)), 0, -1))]
        for tail in tails:
            found = [
                mention
                for said in _SAID_BEFORE
                for mention in self._gazetteer.find(Tokens(f"{said} {' '.join(tail)}"))[:1]
                if mention.said and mention.first == 0 and (tail is tails[0] or mention.end == len(tail) + 1)
            ]
            if found:
                codes = tuple(dict.fromkeys(code for mention in found for code in mention.codes))
                yield found[0]._replace(codes=codes, said=False)
                return


def _hides(other: _Said, one: _Said) -> bool:
    """Whether one stands within the words of another. Of two in the same words, the unit says more."""
    if (other.start, other.end) == (one.start, one.end):
        return other is not one and other.unit is not None and one.unit is None
    return other.start <= one.start and one.end <= other.end


def _within(mention: Mention, tokens: Tokens, main: _Said | None) -> bool:
    """Whether a place is only a part of a name: Universitas Mataram, Bank Jatim."""
    if main is None or (main.agency is not None and main.agency.regional):
        return False
    return main.start <= tokens.starts[mention.first] and tokens.ends[mention.end - 1] <= main.end


def _province(code: str) -> bool:
    return "." not in code


def _names(regions: Regions, code: str = "") -> Iterator[str]:
    for region in regions.inside(code):
        yield region.name.lower()
        yield from _names(regions, region.code)

"""Where a unit or a government has its seat, read from the few words of a spelling, and who governs there."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from language.places.finder import NamingKind, PlaceFinder
from language.places.gazetteer import RegionLevel, region_level, regions_overlap
from language.tokens import Tokens
from router.registry.jurisdiction import JAKARTA, Jurisdiction
from router.registry.units import REGENCY

# “Siak”, “Batu”: words like others in a text; behind a unit, the region.
_SAID_BEFORE = ("kota", "kabupaten", "provinsi")
_TAIL = 4
_CITY = frozenset(("kota", "kodya", "kotamadya"))
_REGENCY = frozenset(("kab", "kabupaten"))
_SAID = frozenset((NamingKind.SAID, NamingKind.VILLAGE))
_SURE = _SAID | {NamingKind.NAMED}
# A name that is borne in more places than that says nothing.
_MOST = 5


class UnitLocation(NamedTuple):
    """Codes that are alike likely. `whole`: a province is named right behind what belongs to it."""

    codes: tuple[str, ...] = ()
    whole: bool = False

    @property
    def region(self) -> str:
        """The one code there is, or empty."""
        return self.codes[0] if len(self.codes) == 1 else ""


class PlaceMention(NamedTuple):
    """Codes that a name written at `start` to before `end` may stand for.

    `said`: a word before it says what it is. `sure`: that, or it is a city's or province's name.
    """

    start: int
    end: int
    codes: tuple[str, ...]
    said: bool = True
    sure: bool = True


class UnitLocator:
    """`governments` know who governs a place, `place_finder` the names of places."""

    def __init__(self, governments: Jurisdiction, place_finder: PlaceFinder) -> None:
        self._governments, self._place_finder = governments, place_finder

    def governments(self, level: str, seat: UnitLocation) -> tuple[str, ...]:
        """The governments of a level (`@place` and so on) where the seat may be: cities first, provinces last.

        Where they would be too many, none.
        """
        found = tuple(dict.fromkeys(filter(None, self._levelled(level, seat))))
        return found if len(found) <= _MOST else ()

    def of(
        self, spelling: str, main: tuple[int, int] | None, named: Sequence[PlaceMention], place: Collection[str]
    ) -> UnitLocation:
        """The seat of what is written at `main`; without one, that of the place which is named for itself.

        `named` are governments in the spelling; `place` are codes known from elsewhere.
        """
        spots = [spot for spot in self._spots(spelling, named, place) if main is None or not _within(spot, *main)]
        if main is None:
            # A bare name must be surely a place's: “Bapak Bambang” is nobody's government.
            spots = [spot for spot in spots if spot.sure]
        elif not spots:
            spots = [*self._behind(spelling[main[1] :])]
        if not spots:
            return UnitLocation(tuple(place)) if main else UnitLocation()
        behind = [spot for spot in spots if main is None or spot.start >= main[0]]
        first = next((spot for spot in spots if spot.said), (behind or spots)[0])
        if main is not None and first.said and first in behind[:1] and all(map(_province, first.codes)):
            return UnitLocation(first.codes, whole=True)
        codes = first.codes
        for other in spots:
            codes = tuple(code for code in other.codes if any(code.startswith(f"{wide}.") for wide in codes)) or codes
        known = tuple(code for code in codes if any(regions_overlap(code, theirs) for theirs in place))
        return UnitLocation(known or _of_kind(codes, spelling))

    def _levelled(self, level: str, seat: UnitLocation) -> Iterator[str]:
        for code in sorted(seat.codes, key=_narrowest):
            # A province has many regencies: none of them is said.
            if level != REGENCY or not _province(code) or code == JAKARTA:
                yield self._governments.of(level, code)

    def _spots(self, spelling: str, named: Sequence[PlaceMention], place: Collection[str]) -> list[PlaceMention]:
        tokens = Tokens(spelling.title() if spelling in {spelling.upper(), spelling.lower()} else spelling)
        spots = [
            PlaceMention(
                tokens.starts[found.first],
                tokens.ends[found.end - 1],
                found.likely or found.codes,
                found.manner in _SAID,
                found.manner in _SURE,
            )
            for found in self._place_finder.find(tokens, place)
        ]
        for government in named:
            inside = [spot for spot in spots if _within(spot, government.start, government.end)]
            # “Walikota Jakarta Selatan”: what lies within the government's region says more than the government.
            if not any(regions_overlap(code, government.codes[0]) for spot in inside for code in spot.codes):
                spots = [*(spot for spot in spots if spot not in inside), government]
        return sorted(spots)

    def _behind(self, rest: str) -> Iterator[PlaceMention]:
        """A region whose name counts only as one that is said to be one: the unit before it says so."""
        words = Tokens(rest).words
        heads = (words[:length] for length in range(min(_TAIL, len(words)), 0, -1))
        tails = (words[-length:] for length in range(min(_TAIL, len(words)), 0, -1))
        for name in (*heads, *tails):
            codes = [
                code
                for said in _SAID_BEFORE
                for found in self._place_finder.find(Tokens(f"{said} {' '.join(name)}"))[:1]
                if found.manner is NamingKind.SAID and (found.first, found.end) == (0, len(name) + 1)
                for code in found.codes
            ]
            if codes:
                yield PlaceMention(0, 0, tuple(dict.fromkeys(codes)), said=False)
                return


def _within(spot: PlaceMention, start: int, end: int) -> bool:
    """Whether a place is only a part of a name: Universitas Mataram, Bank Jatim."""
    return start <= spot.start and spot.end <= end


def _of_kind(codes: tuple[str, ...], spelling: str) -> tuple[str, ...]:
    """“Bandung Kota” and “Bandung, kab.” say which of the two it is."""
    words = set(Tokens(spelling).words)
    for kinds, cities in ((_CITY, True), (_REGENCY, False)):
        if len(codes) > 1 and not words.isdisjoint(kinds):
            return tuple(code for code in codes if not _province(code) and _city(code) == cities) or codes
    return codes


def _narrowest(code: str) -> tuple[bool, bool, str]:
    """Cities before regencies, for a bare name is mostly the city's; provinces last."""
    return _province(code), _province(code) or not _city(code), code


def _province(code: str) -> bool:
    return "." not in code


def _city(code: str) -> bool:
    return region_level(".".join(code.split(".")[:2])) is RegionLevel.CITY

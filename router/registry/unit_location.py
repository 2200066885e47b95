"""Locates a unit or a government from the few words of a spelling, and finds the governments there."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from language.places.finder import NamingKind, PlaceFinder, PlaceMatch
from language.places.gazetteer import RegionLevel, region_level, regions_overlap
from language.places.names import city_of
from language.tokens import Tokens
from router.registry.levels import JAKARTA, REGENCY

# “Siak” and “Batu” are common words in a text; behind a unit they are regions, as if one of these words preceded them.
_REGION_TYPE_WORDS = ("kota", "kabupaten", "provinsi")
# A place at the beginning or end of the words behind a unit has at most so many words.
_MAX_PLACE_WORDS = 4
_CITY_WORDS = frozenset(("kota", "kodya", "kotamadya"))
_REGENCY_WORDS = frozenset(("kab", "kabupaten"))
_TYPED_KINDS = frozenset((NamingKind.TYPED, NamingKind.VILLAGE))
_SURE_KINDS = _TYPED_KINDS | {NamingKind.NAMED}
# A name of more places than this does not tell which government is meant.
_MAX_GOVERNMENTS = 5

# Returns the government on a level of a dotted region code, or an empty string.
GovernmentOf = Callable[[str, str], str]


class UnitLocation(NamedTuple):
    """Equally likely codes of regions."""

    codes: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        """The only code; empty if there is none or several."""
        return self.codes[0] if len(self.codes) == 1 else ""


class PlaceMention(NamedTuple):
    """Codes that a name written from `start` to before `end` may mean.

    `is_typed`: a word before the name says what it is. `is_sure`: that, or it is the name of a city or province.
    """

    start: int
    end: int
    codes: tuple[str, ...]
    is_typed: bool = True
    is_sure: bool = True


class UnitLocator:
    """Locates units by the places that their spellings name."""

    def __init__(self, government_of: GovernmentOf, place_finder: PlaceFinder) -> None:
        self._government_of = government_of
        self._place_finder = place_finder

    def governments(self, level: str, location: UnitLocation) -> tuple[str, ...]:
        """Return the governments on a level of `router.registry.levels`: cities first, provinces last.

        If there are more than five, return none.
        """
        # A province has many regencies: it does not tell which one is meant.
        codes = [
            code
            for code in sorted(location.codes, key=_narrowness)
            if level != REGENCY or not _is_province(code) or code == JAKARTA
        ]
        governments = tuple(dict.fromkeys(filter(None, (self._government_of(level, code) for code in codes))))
        return governments if len(governments) <= _MAX_GOVERNMENTS else ()

    def locate_unit(
        self,
        spelling: str,
        span: tuple[int, int],
        governments: Sequence[PlaceMention],
        region_codes: Collection[str],
    ) -> UnitLocation:
        """Return the location of the unit or institution that is written at `span`.

        `governments` are governments named in the spelling; `region_codes` are known from elsewhere.
        """
        mentions = self._mentions_outside(span, spelling, governments, region_codes)
        if not mentions:
            mentions = list(self._untyped_region(spelling[span[1] :]))
        if not mentions:
            return UnitLocation(tuple(region_codes))
        following = [mention for mention in mentions if mention.start >= span[0]]
        main = _first_typed(mentions) or (following or mentions)[0]
        if following[:1] == [main] and _is_typed_province(main):
            # The province stands directly behind the unit: the unit is the province's own.
            return UnitLocation(main.codes)
        return _narrowed_location(main, mentions, spelling, region_codes)

    def locate_place(
        self, spelling: str, governments: Sequence[PlaceMention], region_codes: Collection[str]
    ) -> UnitLocation:
        """Return the location of a place that is named for itself, without a unit or institution.

        A bare name must surely be a place's: “Bapak Bambang” names no government.
        """
        mentions = [mention for mention in self._mentions(spelling, governments, region_codes) if mention.is_sure]
        if not mentions:
            return UnitLocation()
        return _narrowed_location(_first_typed(mentions) or mentions[0], mentions, spelling, region_codes)

    def _mentions_outside(
        self,
        span: tuple[int, int],
        spelling: str,
        governments: Sequence[PlaceMention],
        region_codes: Collection[str],
    ) -> list[PlaceMention]:
        mentions = self._mentions(spelling, governments, region_codes)
        return [mention for mention in mentions if not _is_within(mention, span)]

    def _mentions(
        self, spelling: str, governments: Sequence[PlaceMention], region_codes: Collection[str]
    ) -> list[PlaceMention]:
        """Return the places and governments in a spelling, in order.

        A government's name replaces the places inside it, unless one lies in its region: “Walikota Jakarta Selatan”.
        """
        is_in_one_case = spelling in {spelling.upper(), spelling.lower()}
        tokens = Tokens(spelling.title() if is_in_one_case else spelling)
        mentions = [_mention(tokens, match) for match in self._place_finder.find_places(tokens, region_codes)]
        for government in governments:
            inside = [mention for mention in mentions if _is_within(mention, (government.start, government.end))]
            if not _overlap_region(inside, government.codes[0]):
                mentions = [*(mention for mention in mentions if mention not in inside), government]
        return sorted(mentions)

    def _untyped_region(self, text: str) -> Iterator[PlaceMention]:
        """Yield the region whose name counts only behind a word for its type: the unit before it is that word."""
        words = Tokens(text).words
        lengths = range(min(_MAX_PLACE_WORDS, len(words)), 0, -1)
        beginnings = (words[:length] for length in lengths)
        endings = (words[-length:] for length in lengths)
        for name in (*beginnings, *endings):
            if codes := tuple(dict.fromkeys(self._codes_behind_type_word(name))):
                yield PlaceMention(0, 0, codes, is_typed=False)
                return

    def _codes_behind_type_word(self, name: Sequence[str]) -> Iterator[str]:
        for type_word in _REGION_TYPE_WORDS:
            for match in self._place_finder.find_places(Tokens(f"{type_word} {' '.join(name)}"))[:1]:
                if match.kind is NamingKind.TYPED and (match.first, match.end) == (0, len(name) + 1):
                    yield from match.codes


def _mention(tokens: Tokens, match: PlaceMatch) -> PlaceMention:
    return PlaceMention(
        tokens.starts[match.first],
        tokens.ends[match.end - 1],
        match.likely or match.codes,
        match.kind in _TYPED_KINDS,
        match.kind in _SURE_KINDS,
    )


def _is_typed_province(mention: PlaceMention) -> bool:
    return mention.is_typed and all(map(_is_province, mention.codes))


def _first_typed(mentions: Iterable[PlaceMention]) -> PlaceMention | None:
    return next((mention for mention in mentions if mention.is_typed), None)


def _narrowed_location(
    main: PlaceMention, mentions: Iterable[PlaceMention], spelling: str, region_codes: Collection[str]
) -> UnitLocation:
    """Return the codes of the main mention, narrowed by the places inside it and by the codes known from elsewhere."""
    codes = main.codes
    for mention in mentions:
        codes = tuple(code for code in mention.codes if _lies_in_one(code, codes)) or codes
    codes_in_regions = tuple(
        code for code in codes if any(regions_overlap(code, region_code) for region_code in region_codes)
    )
    return UnitLocation(codes_in_regions or _of_spelled_type(codes, spelling))


def _lies_in_one(code: str, regions: Iterable[str]) -> bool:
    return any(code.startswith(f"{region}.") for region in regions)


def _is_within(mention: PlaceMention, span: tuple[int, int]) -> bool:
    """Return True if a place is only a part of a name: Universitas Mataram, Bank Jatim."""
    return span[0] <= mention.start and mention.end <= span[1]


def _overlap_region(mentions: Iterable[PlaceMention], region: str) -> bool:
    return any(regions_overlap(code, region) for mention in mentions for code in mention.codes)


def _of_spelled_type(codes: tuple[str, ...], spelling: str) -> tuple[str, ...]:
    """Return the cities or the regencies among the codes: “Bandung Kota” and “Bandung, kab.” tell which is meant."""
    words = set(Tokens(spelling).words)
    for type_words, is_city in ((_CITY_WORDS, True), (_REGENCY_WORDS, False)):
        if len(codes) > 1 and not words.isdisjoint(type_words):
            return tuple(code for code in codes if not _is_province(code) and _is_city(code) == is_city) or codes
    return codes


def _narrowness(code: str) -> tuple[bool, bool, str]:
    """Return a sort key: cities before regencies, because a bare name is mostly the city's; provinces last."""
    return _is_province(code), _is_province(code) or not _is_city(code), code


def _is_province(code: str) -> bool:
    return "." not in code


def _is_city(code: str) -> bool:
    return region_level(city_of(code)) is RegionLevel.CITY

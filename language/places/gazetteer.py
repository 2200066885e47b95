"""Finds the names of provinces, regencies, cities and districts in a text, as people write them.

A name stands for codes; all codes that it may mean are kept. It does not decide which region a report is about, or
which agency is competent there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import compress, count
from typing import NamedTuple

from config.reference.regions import Regions
from config.reference.table_reader import phrase_words
from language.places.aliases import PlaceAlias, official_names, spelling_variants
from language.tokens import Tokens

# Characters between the words of one name; between an abbreviation and the next word of the name; between a type word
# and the name.
JOINS = frozenset((" ", "", "-", "'", "\u2019", "' "))
_DOTS = frozenset((".", ". "))
AFTER_PREFIX = frozenset((" ", "", ".", ". ", ": ", " : ", ".: ", ":", " :", "/", "-", " - "))
# Distances in tokens: within the first, another name tells first which of two places a name means; within the second,
# another name of the same region supports it; within the third, a province supports a district's name.
_NEARBY, _BESIDE, _CLOSE = 12, 2, 4
# A text that names more regions is a list; the limit bounds the time that it takes.
_MAX_COMPARED = 40
_MAX_ABBREVIATION_LETTERS = 3
# Jakarta is a province and a city in one.
CITY_PROVINCE = "31"
# The second part of a city's code is this or higher, that of a regency's code is lower.
_FIRST_CITY = "70"
# More than the regions and districts of the country.
_CACHED_CODES = 1 << 14


class RegionLevel(IntEnum):
    """The level of a region."""

    PROVINCE = 1
    REGENCY = 2
    CITY = 3
    DISTRICT = 4


class RegionMention(NamedTuple):
    """A name in a text: tokens from `first` to before `end`, and the codes that it may mean, widest first.

    `typed`: a type word stands before it (kec., kota, prov.). `certain`: it is typed, or it is a city's or province's
    name, or another name in the text lies around it. Any other name may be a quarter with a district's name.
    """

    first: int
    end: int
    codes: tuple[str, ...]
    typed: bool
    certain: bool


@dataclass(slots=True)
class _Node:
    """A word in the tree of names: the words that may follow, if any, and the codes of a name that ends here.

    `variant`: the name is a spelling variant. `from_table`: an operator's table gives codes of the name.
    """

    following: dict[str, "_Node"] | None = None
    codes: tuple[str, ...] = ()
    alone: str = "no"
    variant: bool = False
    from_table: bool = False


# Levels by type word, the likelier level first.
_LEVELS_BY_PREFIX: Mapping[str, tuple[RegionLevel, ...]] = {
    **dict.fromkeys(
        ("prov", "provinsi", "propinsi", "prop", "pemprov", "pemprop", "gubernur"), (RegionLevel.PROVINCE,)
    ),
    **dict.fromkeys(("kab", "kabupaten", "pemkab", "bupati"), (RegionLevel.REGENCY, RegionLevel.CITY)),
    **dict.fromkeys(("kota", "kotamadya", "kodya", "pemkot", "walikota"), (RegionLevel.CITY, RegionLevel.REGENCY)),
    **dict.fromkeys(
        ("kec", "kecamatan", "kacamatan", "kecematan", "distrik", "camat", "kapanewon", "kemantren"),
        (RegionLevel.DISTRICT,),
    ),
}
PREFIXES = frozenset(_LEVELS_BY_PREFIX)
_ADMINISTRATIVE = frozenset(("administrasi", "adm"))
# Words after which a place is named.
LOCATIVES = frozenset(
    (
        *("di", "d", "ke", "dari", "daerah", "wilayah", "kawasan", "area", "asal", "warga", "sekitar"),
        # Javanese.
        *("ning", "nang", "ndek"),
    )
)


class Gazetteer:
    """The names of regions and those of an operator's table. The time of a search depends on the words of the text."""

    def __init__(self, regions: Regions, aliases: Iterable[PlaceAlias] = ()) -> None:
        names = official_names(regions)
        alias_by_name = {alias.name: alias for alias in aliases}
        for alias in alias_by_name.values():
            names[alias.name] = tuple(dict.fromkeys((*names.get(alias.name, ()), *alias.codes)))
        self._root: dict[str, _Node] = {}
        for name, codes in names.items():
            row = alias_by_name.get(name)
            self._add(name, codes, row.alone if row else "yes", from_table=row is not None and bool(row.codes))
        for variant in spelling_variants(names):
            if variant.name not in names:
                self._add(variant.name, variant.codes, variant.alone, variant=True)
        # Words that begin a name which counts alone, and type words.
        self._first_words = PREFIXES | {word for word, node in self._root.items() if _counts_alone(node)}

    def find_regions(self, tokens: Tokens) -> tuple[RegionMention, ...]:
        """Return the names in a text, in order and without overlaps, each narrowed by the names around it."""
        mentions: list[RegionMention] = []
        last_end = 0
        for position in compress(count(), map(self._first_words.__contains__, tokens.words)):
            if position < last_end:
                continue
            mention = self._typed_mention(tokens, position) if tokens.words[position] in PREFIXES else None
            if mention := mention or self._bare_mention(tokens, position):
                mentions.append(mention)
                last_end = mention.end
        return tuple(_narrow_by_each_other(mentions))

    def _typed_mention(self, tokens: Tokens, position: int) -> RegionMention | None:
        """Return the name after a type word, if it is a name of that type."""
        first = _name_after_type_word(tokens, position)
        if first is None:
            return None
        names = self._names_at(tokens, first)
        for level in _LEVELS_BY_PREFIX[tokens.words[position]]:
            for end, node in reversed(names):
                if codes := tuple(code for code in node.codes if region_level(code) is level):
                    # "Kec. Kota" is the district of the town in many regencies; one district is called Kota.
                    is_town = end == first + 1 and tokens.words[first] in PREFIXES
                    # "camat Kota Bandung" names the city.
                    names_city = is_town and self._typed_mention(tokens, first) is not None
                    mention = RegionMention(position, end, codes, typed=True, certain=not is_town)
                    return None if names_city else mention
        return None

    def _bare_mention(self, tokens: Tokens, position: int) -> RegionMention | None:
        for end, node in reversed(self._names_at(tokens, position)):
            if node.alone == "no":
                continue
            # A bare name means a city, not a district of the same name.
            wide_codes = tuple(code for code in node.codes if region_level(code) is not RegionLevel.DISTRICT)
            counts_after_locative = (bool(wide_codes) or node.from_table) and not node.variant
            if node.alone == "yes" or _is_written_as_name(tokens, position, after_locative=counts_after_locative):
                return RegionMention(position, end, wide_codes or node.codes, typed=False, certain=bool(wide_codes))
        return None

    def _names_at(self, tokens: Tokens, position: int) -> list[tuple[int, _Node]]:
        """Return the names that begin at a token, shortest first, each with the position after its last token."""
        words, names = tokens.words, []
        node = self._root.get(words[position])
        while node is not None:
            position += 1
            if node.codes:
                names.append((position, node))
            if position == len(words) or node.following is None:
                break
            node = node.following.get(words[position]) if _is_joined(tokens, position) else None
        return names

    def _add(
        self, name: str, codes: tuple[str, ...], alone: str, *, variant: bool = False, from_table: bool = False
    ) -> None:
        first_word, *words = phrase_words(name)
        node = self._root.setdefault(first_word, _Node())
        for word in words:
            if node.following is None:
                node.following = {}
            node = node.following.setdefault(word, _Node())
        if not node.codes:
            node.alone, node.variant, node.from_table = alone, variant, from_table
        # Most names have one code. They share its tuple with the other tables.
        node.codes = tuple(sorted({*node.codes, *codes}, key=_by_depth)) if node.codes or len(codes) > 1 else codes


def regions_overlap(code: str, other_code: str) -> bool:
    """Return True if two codes are the same region, or if one lies in the other."""
    return code == other_code or code.startswith(f"{other_code}.") or other_code.startswith(f"{code}.")


@lru_cache(_CACHED_CODES)
def containing_codes(code: str) -> tuple[str, ...]:
    """Return the codes of the regions that a region lies in."""
    return tuple(code[:position] for position, sign in enumerate(code) if sign == ".")


def is_in_city(code: str) -> bool:
    """Return True for a city, a regency or anything in one; Jakarta counts as a city."""
    return "." in code or code == CITY_PROVINCE


def levels_after(word: str) -> tuple[RegionLevel, ...]:
    """Return the levels of a name after a type word (kota, kec), the likelier first; after any other word none."""
    return _LEVELS_BY_PREFIX.get(word, ())


def region_level(code: str) -> RegionLevel:
    """Return the level of a code."""
    _, *parts = code.split(".")
    if not parts:
        return RegionLevel.PROVINCE
    if len(parts) > 1:
        return RegionLevel.DISTRICT
    return RegionLevel.CITY if parts[0] >= _FIRST_CITY else RegionLevel.REGENCY


def _name_after_type_word(tokens: Tokens, position: int) -> int | None:
    """Return the position of the name after a type word; None if no word follows as a name would."""
    first = position + 1
    if first < len(tokens.words) and tokens.words[first] in _ADMINISTRATIVE:
        first += 1
    is_name = first < len(tokens.words) and tokens.gaps[first] in AFTER_PREFIX
    return first if is_name else None


def _is_written_as_name(tokens: Tokens, position: int, *, after_locative: bool) -> bool:
    """Return True for a word with one capital letter or, if `after_locative` counts, for one after a word like `di`.

    In a text in capitals no word has one capital letter.
    """
    word = tokens.written(position)
    has_one_capital = word[0].isupper() and word[1:].islower()
    return has_one_capital or (after_locative and position > 0 and tokens.words[position - 1] in LOCATIVES)


def _counts_alone(node: _Node) -> bool:
    """Return True if this or a longer name that begins with it counts alone."""
    return (bool(node.codes) and node.alone != "no") or any(map(_counts_alone, (node.following or {}).values()))


def _by_depth(code: str) -> tuple[int, str]:
    return code.count("."), code


def _is_joined(tokens: Tokens, position: int) -> bool:
    gap = tokens.gaps[position]
    return gap in JOINS or (gap in _DOTS and len(tokens.words[position - 1]) <= _MAX_ABBREVIATION_LETTERS)


def _narrow_by_each_other(mentions: Sequence[RegionMention]) -> Sequence[RegionMention]:
    """Return the mentions with the codes that lie in, around or at a code of another mention, nearby ones first."""
    if all(mention.certain and len(mention.codes) == 1 for mention in mentions):
        return mentions
    # First the unambiguous mentions narrow the others; then all mentions narrow each other.
    unambiguous = [mention for mention in mentions if mention.typed or (mention.certain and len(mention.codes) == 1)]
    narrowed = [_narrow(mention, unambiguous[:_MAX_COMPARED]) for mention in mentions]
    compared = narrowed[:_MAX_COMPARED]
    return [_with_certainty(_narrow(mention, compared), compared) for mention in narrowed]


def _narrow(mention: RegionMention, mentions: Sequence[RegionMention]) -> RegionMention:
    if len(mention.codes) == 1:
        return mention
    nearby = [candidate for candidate in mentions if _distance(mention, candidate) <= _NEARBY]
    for candidates in (nearby, mentions):
        if codes := tuple(code for code in mention.codes if _is_supported(code, mention, candidates)):
            return mention._replace(codes=codes)
    return mention


def _is_supported(code: str, mention: RegionMention, mentions: Sequence[RegionMention]) -> bool:
    """Return True if another mention may mean a region that this code is, lies in or contains."""
    return any(_supports(candidate, code, mention) for candidate in mentions)


def _supports(candidate: RegionMention, code: str, mention: RegionMention) -> bool:
    distance = _distance(mention, candidate)
    # Another name of the same region (Ungaran) tells nothing about a name further away (Semarang), unless it is typed.
    same_region_counts = candidate.typed or distance <= _BESIDE
    return distance > 0 and any(
        regions_overlap(code, other_code) and (code != other_code or same_region_counts)
        for other_code in candidate.codes
    )


def _with_certainty(mention: RegionMention, mentions: Sequence[RegionMention]) -> RegionMention:
    if mention.certain:
        return mention
    # A province contains hundreds of districts: it supports a district's name only close to the name.
    supporting = [
        candidate
        for candidate in mentions
        if candidate.certain and (_is_narrow(candidate) or _distance(mention, candidate) <= _CLOSE)
    ]
    return mention._replace(certain=any(_is_supported(code, mention, supporting) for code in mention.codes))


def _distance(mention: RegionMention, candidate: RegionMention) -> int:
    return abs(candidate.first - mention.first)


def _is_narrow(mention: RegionMention) -> bool:
    return all(map(is_in_city, mention.codes))

"""Finds the names of provinces, regencies, cities and districts in a text, as people write them.

A name stands for codes; where it may be one of several, all are kept. Which of them a report is about, and who is
competent there, is decided elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import compress, count
from typing import NamedTuple

from config.reference.regions import Regions
from language.places.aliases import PlaceAlias, official_names, spelling_variants
from language.tokens import Tokens

# Between the words of one name, and between a prefix and the name.
JOINS = frozenset((" ", "", "-", "'", "\u2019", "' "))
_DOTS = frozenset((".", ". "))
AFTER_PREFIX = frozenset((" ", "", ".", ". ", ": ", " : ", ".: ", ":", " :", "/", "-", " - "))
# So far apart (in tokens) one name still says which of two places another one means.
_NEARBY = 12
_BESIDE, _CLOSE = 2, 4
# A text that names more of them is a list; the time it takes stays bounded.
_MOST = 40
_LONGEST_ABBREVIATION = 3
# Jakarta is a province and a city in one.
CITY_PROVINCE = "31"
# Of a dotted code's second part: cities are numbered from here on.
_FIRST_CITY = "70"


class RegionLevel(IntEnum):
    """How deep a region lies."""

    PROVINCE = 1
    REGENCY = 2
    CITY = 3
    DISTRICT = 4


class RegionMention(NamedTuple):
    """A name in a text: tokens from `first` to before `end`, and the codes it may stand for, widest first.

    `said`: a word before it says what it is (kec., kota, prov.). `sure`: that, or it is a city's or province's name,
    or another name in the text lies around it; else it may be a quarter that happens to bear a district's name.
    """

    first: int
    end: int
    codes: tuple[str, ...]
    said: bool
    sure: bool


@dataclass(slots=True)
class _Node:
    """A place in the tree of words: what may follow, and what a name that ends here stands for."""

    following: dict[str, "_Node"] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    alone: str = "no"
    variant: bool = False
    # An operator's file says which of the places of that name is meant.
    meant: bool = False


_PREFIXES: Mapping[str, tuple[RegionLevel, ...]] = {
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
PREFIXES = frozenset(_PREFIXES)
_ADMINISTRATIVE = frozenset(("administrasi", "adm"))
LOCATIVES = frozenset(
    (
        *("di", "ke", "dari", "daerah", "wilayah", "kawasan", "area", "asal", "warga", "sekitar"),
        # Javanese.
        *("ning", "nang", "ndek"),
    )
)


class Gazetteer:
    """The names of regions, and those in `places`; looking through a text costs time by its words."""

    def __init__(self, regions: Regions, places: Iterable[PlaceAlias] = ()) -> None:
        named = official_names(regions)
        rows = {place.name: place for place in places}
        for place in rows.values():
            named[place.name] = tuple(dict.fromkeys((*named.get(place.name, ()), *place.codes)))
        self._root: dict[str, _Node] = {}
        for name, codes in named.items():
            row = rows.get(name)
            self._add(name, codes, row.alone if row else "yes", meant=row is not None and bool(row.codes))
        for name, codes, alone in spelling_variants(named):
            if name not in named:
                self._add(name, codes, alone, variant=True)
        # Words that begin a name which counts alone, or say that one follows.
        self._firsts = PREFIXES | {word for word, node in self._root.items() if _begins(node)}

    def find(self, tokens: Tokens) -> tuple[RegionMention, ...]:
        """The names in a text, in order, none overlapping another, each narrowed by those around it."""
        found: list[RegionMention] = []
        end = 0
        for at in compress(count(), map(self._firsts.__contains__, tokens.words)):
            if at < end:
                continue
            mention = self._prefixed(tokens, at) if tokens.words[at] in PREFIXES else None
            if mention := mention or self._alone(tokens, at):
                found.append(mention)
                end = mention.end
        return tuple(_settled(found))

    def _prefixed(self, tokens: Tokens, at: int) -> RegionMention | None:
        words, first = tokens.words, at + 1
        if first < len(words) and words[first] in _ADMINISTRATIVE:
            first += 1
        if first >= len(words) or tokens.gaps[first] not in AFTER_PREFIX:
            return None
        ways = self._walk(tokens, first)
        for level in _PREFIXES[words[at]]:
            for end, node in reversed(ways):
                if codes := tuple(code for code in node.codes if region_level(code) is level):
                    # “Kec. Kota” says in many regencies which of its districts is the town; one is called so.
                    town = end == first + 1 and words[first] in PREFIXES
                    # “camat Kota Bandung” names the city.
                    other = town and self._prefixed(tokens, first)
                    return None if other else RegionMention(at, end, codes, said=True, sure=not town)
        return None

    def _alone(self, tokens: Tokens, at: int) -> RegionMention | None:
        for end, node in reversed(self._walk(tokens, at)):
            if node.alone == "no":
                continue
            # A city is meant by its bare name, not a district that bears it as well.
            wide = tuple(code for code in node.codes if region_level(code) is not RegionLevel.DISTRICT)
            if node.alone == "yes" or _as_name(tokens, at, known=(bool(wide) or node.meant) and not node.variant):
                return RegionMention(at, end, wide or node.codes, said=False, sure=bool(wide))
        return None

    def _walk(self, tokens: Tokens, at: int) -> list[tuple[int, _Node]]:
        """The names that begin at a token, shortest first, with the token each ends before."""
        words, found = tokens.words, []
        node = self._root.get(words[at])
        while node is not None:
            at += 1
            if node.codes:
                found.append((at, node))
            if at == len(words) or not node.following:
                break
            node = node.following.get(words[at]) if _joined(tokens, at) else None
        return found

    def _add(
        self, name: str, codes: tuple[str, ...], alone: str, *, variant: bool = False, meant: bool = False
    ) -> None:
        first, *others = name.split()
        node = self._root.setdefault(first, _Node())
        for word in others:
            node = node.following.setdefault(word, _Node())
        if not node.codes:
            node.alone, node.variant, node.meant = alone, variant, meant
        node.codes = tuple(sorted({*node.codes, *codes}, key=_by_depth))


def regions_overlap(one: str, other: str) -> bool:
    """Whether two codes name the same region, or one lies in the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _as_name(tokens: Tokens, at: int, *, known: bool) -> bool:
    """Written with one capital letter (in a text that is all capitals nothing is), or a `known` place behind `di`."""
    word = tokens.written(at)
    return (word[0].isupper() and word[1:].islower()) or (known and at > 0 and tokens.words[at - 1] in LOCATIVES)


def levels_after(word: str) -> tuple[RegionLevel, ...]:
    """What a word says that a name behind it is, likelier first: kota, kec; nothing for other words."""
    return _PREFIXES.get(word, ())


def _begins(node: _Node) -> bool:
    return (bool(node.codes) and node.alone != "no") or any(_begins(after) for after in node.following.values())


def region_level(code: str) -> RegionLevel:
    """How deep the region of a code lies."""
    _, *deeper = code.split(".")
    if not deeper:
        return RegionLevel.PROVINCE
    if len(deeper) > 1:
        return RegionLevel.DISTRICT
    return RegionLevel.CITY if deeper[0] >= _FIRST_CITY else RegionLevel.REGENCY


def _by_depth(code: str) -> tuple[int, str]:
    return code.count("."), code


def _joined(tokens: Tokens, at: int) -> bool:
    gap = tokens.gaps[at]
    return gap in JOINS or (gap in _DOTS and len(tokens.words[at - 1]) <= _LONGEST_ABBREVIATION)


def _settled(found: Sequence[RegionMention]) -> Sequence[RegionMention]:
    """Each name's codes, narrowed to those that lie in, around or at what another name stands for: first one nearby."""
    if all(mention.sure and len(mention.codes) == 1 for mention in found):
        return found
    # What is certain settles the rest first; then what was settled does.
    certain = [mention for mention in found if mention.said or (mention.sure and len(mention.codes) == 1)]
    once = [_narrowed(mention, certain[:_MOST]) for mention in found]
    others = once[:_MOST]
    return [_supported(_narrowed(mention, others), others) for mention in once]


def _narrowed(mention: RegionMention, others: Sequence[RegionMention]) -> RegionMention:
    if len(mention.codes) == 1:
        return mention
    near = [other for other in others if abs(other.first - mention.first) <= _NEARBY]
    for beside in (near, others):
        kept = tuple(code for code in mention.codes if _touched(code, mention, beside))
        if kept:
            return mention._replace(codes=kept)
    return mention


def _touched(code: str, mention: RegionMention, others: Sequence[RegionMention]) -> bool:
    """Whether another name stands for a region that this code is, lies in or holds."""
    return any(_speaks(code, theirs, mention, other) for other in others for theirs in other.codes)


def _speaks(code: str, theirs: str, mention: RegionMention, other: RegionMention) -> bool:
    distance = abs(other.first - mention.first)
    # Another name of the same region (Ungaran) says nothing of a name further away (Semarang), unless it is said so.
    return distance > 0 and regions_overlap(code, theirs) and (code != theirs or other.said or distance <= _BESIDE)


def _supported(mention: RegionMention, others: Sequence[RegionMention]) -> RegionMention:
    if mention.sure:
        return mention
    # A province holds hundreds: it says that a district is meant only right beside the name.
    sure = [other for other in others if other.sure and (_narrow(other) or abs(other.first - mention.first) <= _CLOSE)]
    return mention._replace(sure=any(_touched(code, mention, sure) for code in mention.codes))


def _narrow(mention: RegionMention) -> bool:
    return all("." in code or code == CITY_PROVINCE for code in mention.codes)

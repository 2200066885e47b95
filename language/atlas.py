"""Finds everything in a text that names a place: regions, villages, misspelt names and names run together with others.

A name keeps all regions that it may stand for, narrowed by the others around it. Which of them the matter is about is
decided elsewhere.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import pairwise, zip_longest
from typing import NamedTuple

from config.regions import Regions
from language.gazetteer import (
    AFTER_PREFIX,
    CITY_PROVINCE,
    PREFIXES,
    WHERE,
    Gazetteer,
    Mention,
    level_of,
    levels_after,
    related,
)
from language.misspelt import Misspelt
from language.places import Place, load_places, official
from language.search import SIDE_BY_SIDE, Search
from language.tokens import Tokens
from language.villages import LONGEST, Villages, load_villages

_DESA = frozenset(
    ("desa", "ds", "dsa", "kades", "nagari", "gampong", "gampoeng", "pekon", "pemdes", "didesa", "kalurahan")
)
_VILLAGE_WORDS = _DESA | {"kelurahan", "kel", "kelurhan", "lurah", "dikelurahan", "dikel"}
# Written in one with the word before it: none of a region's own prefixes.
_RUN_ON = {"dikec": "kec", "dikecamatan": "kec", "dikab": "kab", "dikabupaten": "kab", "dikota": "kota"}
_BEFORE_NAME = _VILLAGE_WORDS | PREFIXES | frozenset(_RUN_ON)
# What tells the parts of one old district apart: "kec. Cibeunying" is one of two.
_PARTS = frozenset(
    (
        *("barat", "timur", "utara", "selatan", "tengah", "pusat", "kidul", "kaler", "lor", "wetan", "kulon", "hulu"),
        *("hilir", "ilir", "ulu", "kota"),
    )
)
# What governments and citizens write together with a city's name: kotabekasi, pemkotsmg, disemarang.
_GLUE = frozenset(
    (
        *("pemerintahkota", "pemerintahkabupaten", "pemkot", "pemkab", "pemprov", "pemda", "kabupaten", "kab"),
        *("kotamadya", "kota", "provinsi", "prov", "walikota", "bupati", "gubernur", "dishub", "dishubkota", "dinkes"),
        *("disdukcapil", "dukcapil", "disdik", "dinsos", "satpolpp", "humas", "polrestabes", "polresta", "polres"),
        *("rsud", "bpbd", "lapor", "info", "banjir", "macet", "di", "ke"),
    )
)
_GLUE_BEGINS = frozenset(glue[:2] for glue in _GLUE)
_LONGEST_GLUE = max(map(len, _GLUE))
_HASH = ("#", "@")
_LEAST_GLUED = 5
_LEAST_BARE = 5
_LEAST_MISSPELT = 6
# A village's name alone in the whole text is one if few others bear it and it is long enough to be no person's.
_LEAST_ALONE = 7
_LEAST_SMALL = 9
_FEW = 3
# A district's bare name that so many villages bear elsewhere is hardly the district.
_MANY = 12
# The time a text takes stays bounded.
_MOST_WORDS = 400


_DOUBLE = re.compile(r"(.)\1")


# What mostly bears its district's name, be that a word like others.
_BEARERS = frozenset(
    (
        *("pasar", "psr", "terminal", "puskesmas", "pustu", "polsek", "koramil", "kua", "stasiun", "pelabuhan"),
        *("alun", "simpang", "perempatan", "pertigaan", "jembatan", "stadion", "dermaga", "muspika"),
    )
)


_LEADS = _BEARERS | WHERE


class Manner(StrEnum):
    """How a place is named: with a word that says what it is, by a name that is enough, or less certainly."""

    SAID = "said"
    NAMED = "named"
    BARE = "bare"
    VILLAGE = "village"
    QUARTER = "quarter"
    PAIRED = "paired"
    MISSPELT = "misspelt"
    GLUED = "glued"


_UNSAID = frozenset((Manner.BARE, Manner.NAMED))


class Named(NamedTuple):
    """A place in a text: tokens from `first` to before `end`, and the codes that it may stand for.

    A village's codes are those of its district. `VILLAGE`: a word before it says so; `QUARTER`: its bare name.
    `PAIRED`: two bare names side by side that lie in one another or in one regency (Gombong Karanganyar).
    `likely`: those of several that the name means mostly, by an operator's file or by the word before it; else empty.
    """

    first: int
    end: int
    codes: tuple[str, ...]
    manner: Manner
    likely: tuple[str, ...] = ()


class Atlas:
    """All names of places: `regions` officially, `places` as people say; looking costs time by the words.

    `known` are the words of the language, which are nobody's name and no misspelling.
    """

    def __init__(
        self,
        regions: Regions,
        places: Sequence[Place],
        gazetteer: Gazetteer,
        villages: Villages,
        known: Iterable[str],
    ) -> None:
        self._regions = regions
        self._gazetteer, self._villages, self._known = gazetteer, villages, frozenset(known)
        # Only the other words are looked at.
        self._passed_over = self._known - _BEFORE_NAME - _PARTS
        names = _named(regions, places)
        self._names, self._stems = _joined(names), _stems(names)
        self._twins = _twins(regions)
        self._best = {place.name.replace(" ", ""): place.codes[0] for place in places if len(place.codes) == 1}
        self._misspelt = Misspelt({**self._stems, **self._names})
        wide = {name: tuple(filter(_wide, codes)) for name, codes in self._names.items()}
        self._wide = {name: codes for name, codes in wide.items() if codes}
        # A city's name with one letter for two (Makasar) is more often the city than the district that bears it.
        single = {_DOUBLE.sub(r"\1", name): codes for name, codes in self._wide.items()}
        self._single = {name: codes for name, codes in single.items() if name in self._names and name not in self._wide}

    def region(self, code: str) -> str:
        """The narrowest known region that a code leads to (of 33.74.99 it is 33.74); if none, nothing."""
        way = self._regions.way(code)
        return way[-1].code if way else ""

    def twins(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The city or regency that bears the same name: of Kota Bogor Kabupaten Bogor, and the other way round."""
        cities = {".".join(code.split(".")[:2]) for code in codes if "." in code}
        return tuple(sorted(twin for city in cities for twin in self._twins.get(city, ())))

    def find(self, tokens: Tokens, around: Iterable[str] = (), beside: Iterable[str] = ()) -> tuple[Named, ...]:
        """The places in a text, in order, none overlapping another.

        `around`: codes known to be near besides; `beside`: regions that are easily taken for one of these.
        """
        mentions = {mention.first: mention for mention in self._gazetteer.find(tokens)}
        taken = bytearray(len(tokens.words) + 1)
        for mention in mentions.values():
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
        search = Search(tokens, mentions, taken, tuple(around), beside)
        others = self._others(search)
        kept = [self._of(mention, search) for mention in mentions.values() if taken[mention.first] == 1]
        kept = [self._inner(one, after, tokens) for one, after in zip_longest(kept, kept[1:])]
        kept = self._paired(kept, tokens)
        # Who says "Kelurahan Tambakrejo" means no district of that name elsewhere in the text.
        said = {tokens.words[one.end - 1] for one in others if one.manner is Manner.VILLAGE}
        kept = [one for one in kept if one.manner is not Manner.BARE or tokens.words[one.end - 1] not in said]
        return tuple(sorted((*kept, *others)))

    def _of(self, mention: Mention, search: Search) -> Named:
        first, end, codes = mention.first, mention.end, mention.codes
        manner = Manner.SAID if mention.said else Manner.NAMED if mention.sure else Manner.BARE
        if mention.said:
            return Named(first, end, codes, manner)
        joined = "".join(search.tokens.words[first:end])
        if manner is Manner.BARE and (city := self._single.get(joined)):
            return Named(first, end, (*city, *codes), manner, city[:1])
        if manner is Manner.BARE and (inner := self._instead(joined, codes, search, first)):
            return Named(first, end, inner, Manner.QUARTER)
        if manner is Manner.NAMED:
            codes = (*codes, *self._besides(joined, codes, search.around))
        best = self._best.get(joined, "")
        if manner is Manner.BARE and not best and not search.about(codes):
            others = self._villages.districts(joined)
            codes = tuple(dict.fromkeys((*codes, *others))) if len(others) > _MANY else codes
        return Named(first, end, codes, manner, (best,) if best in codes and len(codes) > 1 else ())

    def _instead(self, joined: str, codes: tuple[str, ...], search: Search, at: int) -> tuple[str, ...]:
        """The villages that a district's bare name means where the district lies far from all that is certain."""
        return () if search.within(codes) else search.within(self._villages.districts(joined), near=at)

    def _besides(self, joined: str, codes: Sequence[str], around: Sequence[str]) -> list[str]:
        """The villages around that a city's bare name may mean where the city lies elsewhere."""
        if not around or any(related(code, one) for code in codes for one in around):
            return []
        return [code for code in self._villages.districts(joined) if any(related(code, one) for one in around)]

    def _inner(self, named: Named, after: Named | None, tokens: Tokens) -> Named:
        """A city's bare name right before another region that holds a district or village of the name: that one."""
        if named.manner is not Manner.NAMED or after is None or after.first > named.end:
            return named
        if any(related(one, other) for one in named.codes for other in after.codes):
            return named
        joined = "".join(tokens.words[named.first : named.end])
        codes = (*filter(_narrow, self._names.get(joined, ())), *self._villages.districts(joined))
        inner = tuple(
            dict.fromkeys(code for code in codes if any(f"{code}.".startswith(f"{one}.") for one in after.codes))
        )
        city = any("." in one or one == CITY_PROVINCE for one in after.codes)
        close = tokens.gaps[after.first] in {", ", ",", " "} and city
        return named._replace(codes=inner, manner=Manner.QUARTER) if inner and close else named

    def _paired(self, kept: list[Named], tokens: Tokens) -> list[Named]:
        """Names side by side, one of them a district's: both are districts' where these lie in one regency."""
        for at, (one, after) in enumerate(pairwise(kept)):
            manners = {one.manner, after.manner}
            if after.first > one.end or Manner.BARE not in manners or not manners <= _UNSAID:
                continue
            if tokens.gaps[after.first] not in SIDE_BY_SIDE:
                continue
            left, right = self._districts_of(one, tokens), self._districts_of(after, tokens)
            regions = set(map(_region, left)) & set(map(_region, right))
            if regions and set(left) != set(right):
                kept[at] = _as_pair(one, left, regions)
                kept[at + 1] = _as_pair(after, right, regions)
        return kept

    def _districts_of(self, named: Named, tokens: Tokens) -> tuple[str, ...]:
        if named.manner is not Manner.NAMED:
            return named.codes
        return tuple(filter(_narrow, self._names.get("".join(tokens.words[named.first : named.end]), ())))

    def _others(self, search: Search) -> list[Named]:
        words, taken, passed_over = search.tokens.words, search.taken, self._passed_over
        found: list[Named] = []
        # Behind “di” or “pasar” a word like others may be a name as well.
        at_all = [
            at
            for at, word in enumerate(words)
            if word not in passed_over or (at and words[at - 1] in _LEADS and word in self._names)
        ]
        for at in at_all[:_MOST_WORDS]:
            if taken[at] and (taken[at] > 1 or words[at] not in _VILLAGE_WORDS):
                continue
            if one := self._at(search, at):
                found.append(one)
                taken[one.first : one.end] = b"\2" * (one.end - one.first)
        return found

    def _at(self, search: Search, at: int) -> Named | None:
        words = search.tokens.words
        word = words[at]
        if word in _VILLAGE_WORDS:
            return self._village(search, at)
        if word in PREFIXES or word in _RUN_ON:
            return self._said(search, at)
        if codes := self._short(search, at):
            return Named(at, at + 1, codes, Manner.MISSPELT)
        if word in _PARTS:
            # “Mangkang Wetan”: the first word may be one like others.
            return self._quarter(search, at - 1) if at and not search.taken[at - 1] else None
        return self._alone(search, at) if len(word) >= _LEAST_BARE - 1 and word.isalpha() else None

    def _alone(self, search: Search, at: int) -> Named | None:
        if codes := self._led(search, at):
            return Named(at, at + 1, codes, Manner.QUARTER)
        if search.tokens.words[at] in self._passed_over:
            return None
        return self._quarter(search, at) or self._bare(search, at) or self._glued(search, at)

    def _short(self, search: Search, at: int) -> tuple[str, ...]:
        """A city by letters that elsewhere may stand for anything: “di bdl”, “dishub kbb”, “bjn kec kedungadem”."""
        words = search.tokens.words
        if not (codes := self._wide.get(words[at])):
            return ()
        if search.after_where(at) or (at and words[at - 1] in _GLUE):
            return search.within(codes) or codes
        return search.holding(codes, at) if words[at] not in self._known else ()

    def _led(self, search: Search, at: int) -> tuple[str, ...]:
        """“PASAR SAPE”, “di Weru”: districts near what is known, be the name a word like others."""
        word = search.tokens.words[at]
        if not at or search.tokens.words[at - 1] not in _LEADS:
            return ()
        codes = tuple(filter(_narrow, self._names.get(word, ())))
        return search.about(codes) or (search.alone_around(codes) if word not in self._known else ())

    def _village(self, search: Search, at: int) -> Named | None:
        """The village behind a word like desa; where a district's longer name stands there, it is none."""
        words = search.tokens.words
        if at + 1 >= len(words) or search.tokens.gaps[at + 1] not in AFTER_PREFIX:
            return None
        mention = search.mentions.get(at + 1)
        for end, joined in search.joins(at + 1, LONGEST):
            if mention and (mention.said or end < mention.end):
                return None
            if codes := self._villages.districts(joined):
                within = search.within(codes)
                # “desa kami”, “desa baru”.
                usual = end == at + 2 and joined in self._known and not search.titled(at + 1)
                if usual and not within:
                    return None
                kind = self._villages.of_kind(joined, desa=words[at] in _DESA)
                return Named(at, end, within or codes, Manner.VILLAGE, kind if not within and kind != codes else ())
        return None

    def _quarter(self, search: Search, at: int) -> Named | None:
        """The bare name of a village or district: near what lies around it, or where hardly another bears it."""
        for end, joined in search.joins(at, LONGEST - 1):
            if joined not in self._villages.names and joined not in self._names:
                continue
            if len(joined) < _LEAST_BARE or (end == at + 1 and joined in self._known):
                continue
            codes = self._villages.districts(joined)
            # One that counts only when written as a name does so too behind "wilayah".
            district = not codes or search.after_where(at)
            districts = tuple(filter(_narrow, self._names.get(joined, ()))) if district else ()
            if pair := self._pair(search, at, end, codes):
                return pair
            codes = tuple(dict.fromkeys((*codes, *districts)))
            if within := search.about(codes, near=at):
                return Named(at, end, within, Manner.QUARTER)
            if codes:
                # “di Sayung”
                least = _LEAST_BARE if districts and search.after_where(at) else _LEAST_ALONE
                alone = len(codes) <= _FEW and len(joined) >= least and search.stands_alone(at, end)
                # Long and in one regency only, it is one in small letters too.
                small = len(joined) >= _LEAST_SMALL and search.tokens.written(at).islower() and not search.certain
                alone |= small and len(set(map(_region, codes))) == 1
                return Named(at, end, codes, Manner.QUARTER, districts) if alone else None
        return None

    def _pair(self, search: Search, at: int, end: int, codes: Sequence[str]) -> Named | None:
        """A village's name beside its district's: “Tibubeneng Kuta Utara”, “ngestiharjo kasihan”."""
        districts = [code for mention in search.beside(at, end) for code in mention.codes if _narrow(code)]
        words, gaps = search.tokens.words, search.tokens.gaps
        if end < len(words) and gaps[end] in SIDE_BY_SIDE:
            districts.extend(self._names.get(words[end], ()))
        both = tuple(code for code in codes if code in districts)
        return Named(at, end, both, Manner.PAIRED) if both else None

    def _said(self, search: Search, at: int) -> Named | None:
        """A name misspelt or cut short behind a word that says what it is."""
        words, gaps = search.tokens.words, search.tokens.gaps
        if at + 1 >= len(words) or gaps[at + 1] not in AFTER_PREFIX:
            return None
        for end, joined in search.joins(at + 1, 3):
            apart = end > at + 2
            codes = self._stems.get(joined, ()) or (
                self._names.get(joined, ()) if apart or words[at] in _RUN_ON else ()
            )
            manner = Manner.SAID if codes else Manner.MISSPELT
            if not codes and not self._known.issuperset(words[at + 1 : end]):
                codes = tuple(code for name in self._misspelt.meant(joined) for code in self._all(name))
            for wanted in levels_after(_RUN_ON.get(words[at], words[at])):
                if fitting := tuple(code for code in codes if level_of(code) is wanted):
                    return Named(at, end, search.within(fitting) or fitting, manner)
        return None

    def _bare(self, search: Search, at: int) -> Named | None:
        """A misspelt name by itself: a city's, or a district's near the city; no village's right one (Ciganjur)."""
        word = search.tokens.words[at]
        consonants = not set(word) & set("aeiou")
        if not (consonants or (len(word) >= _LEAST_MISSPELT and search.led(at))) or word in self._villages.names:
            return None
        names = self._misspelt.meant(word)
        if not names:
            return None
        if wide := tuple(dict.fromkeys(code for name in names for code in self._wide.get(name, ()))):
            return Named(at, at + 1, search.within(wide) or wide, Manner.MISSPELT)
        codes = tuple(code for name in names for code in self._all(name))
        within = search.within(codes, near=at)
        return Named(at, at + 1, within, Manner.MISSPELT) if within else None

    def _all(self, joined: str) -> tuple[str, ...]:
        return self._names.get(joined) or self._stems.get(joined, ())

    def _glued(self, search: Search, at: int) -> Named | None:
        word, tagged = search.tokens.words[at], search.tokens.gaps[at].endswith(_HASH)
        for cut in range(min(len(word) - 2, _LONGEST_GLUE), 1, -1) if word[:2] in _GLUE_BEGINS else ():
            glue = word[:cut]
            if glue in _GLUE and (codes := self._wide.get(word[cut:])):
                levels = levels_after(glue.removeprefix("dishub").removeprefix("pemerintah"))
                fitted = (tuple(code for code in codes if level_of(code) is wanted) for wanted in levels)
                return Named(at, at + 1, next(filter(None, fitted), codes), Manner.GLUED)
        if tagged:
            for part in _ends(word):
                if codes := self._wide.get(part):
                    return Named(at, at + 1, search.within(codes) or codes, Manner.GLUED)
        return None


def load_atlas(regions: Regions, gazetteer: Gazetteer, known: Iterable[str]) -> Atlas:
    """The atlas of these regions, of their villages and of what people call them. Raises `SettingsError`."""
    return Atlas(regions, load_places(regions), gazetteer, load_villages(regions), known)


def _twins(regions: Regions) -> dict[str, tuple[str, ...]]:
    """For each city or regency the others whose name is the same but for Kabupaten and Kota."""
    alike: dict[str, list[str]] = {}
    for province in regions.inside():
        for city in regions.inside(province.code):
            alike.setdefault(city.name.partition(" ")[2], []).append(city.code)
    return {code: tuple(one for one in codes if one != code) for codes in alike.values() for code in codes}


def _named(regions: Regions, places: Iterable[Place]) -> dict[str, tuple[str, ...]]:
    names = official(regions)
    for place in places:
        names[place.name] = tuple(dict.fromkeys((*names.get(place.name, ()), *place.codes)))
    return names


def _joined(names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    joined: dict[str, tuple[str, ...]] = {}
    for name, codes in names.items():
        key = name.replace(" ", "")
        joined[key] = tuple(dict.fromkeys((*joined.get(key, ()), *codes)))
    return joined


def _stems(names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The codes of the districts that share a name but for its last word, where no other bears it alone."""
    stems: dict[str, tuple[str, ...]] = {}
    for name, codes in names.items():
        *stem, part = name.split()
        if stem and part in _PARTS and " ".join(stem) not in names:
            joined = "".join(stem)
            stems[joined] = (*stems.get(joined, ()), *(code for code in codes if not _wide(code)))
    return stems


def _as_pair(named: Named, codes: Iterable[str], regions: Collection[str]) -> Named:
    return named._replace(
        codes=tuple(code for code in codes if _region(code) in regions), manner=Manner.PAIRED, likely=()
    )


def _region(code: str) -> str:
    return ".".join(code.split(".")[:2])


def _wide(code: str) -> bool:
    return code.count(".") < 2  # noqa: PLR2004 - a district's has two


def _narrow(code: str) -> bool:
    return not _wide(code)


def _ends(word: str) -> Iterator[str]:
    """What a word ends with or begins with, longest first."""
    for length in range(len(word) - 1, _LEAST_GLUED - 1, -1):
        yield word[-length:]
        yield word[:length]

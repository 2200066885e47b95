"""Finds everything in a text that names a place: regions, villages, misspelt names and names run together with others.

A name keeps all regions that it may stand for, narrowed by the others around it. Which of them the matter is about is
decided elsewhere.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise, zip_longest
from typing import NamedTuple

from config.reference.regions import Regions
from language.places.aliases import PlaceAlias
from language.places.context import SIDE_BY_SIDE, SearchContext
from language.places.fuzzy import FuzzyNames
from language.places.gazetteer import (
    AFTER_PREFIX,
    CITY_PROVINCE,
    PREFIXES,
    Gazetteer,
    RegionMention,
    levels_after,
    region_level,
    regions_overlap,
)
from language.places.names import (
    BEFORE_NAME,
    DESA,
    GLUE,
    GLUE_BEGINS,
    LEADS,
    LONGEST_GLUE,
    PARTS,
    RUN_ON,
    VILLAGE_WORDS,
    PlaceNames,
    city_of,
    is_district,
)
from language.places.villages import MAX_NAME_WORDS, Villages
from language.tokens import Tokens

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


class NamingKind(StrEnum):
    """How a place is named: with a word that says what it is, by a name that is enough, or less certainly."""

    SAID = "said"
    NAMED = "named"
    BARE = "bare"
    VILLAGE = "village"
    QUARTER = "quarter"
    PAIRED = "paired"
    MISSPELT = "misspelt"
    GLUED = "glued"


_UNSAID = frozenset((NamingKind.BARE, NamingKind.NAMED))


class PlaceMatch(NamedTuple):
    """A place in a text: tokens from `first` to before `end`, and the codes that it may stand for.

    A village's codes are those of its district. `VILLAGE`: a word before it says so; `QUARTER`: its bare name.
    `PAIRED`: two bare names side by side that lie in one another or in one regency (Gombong Karanganyar).
    `likely`: those of several that the name means mostly, by an operator's file or by the word before it; else empty.
    """

    first: int
    end: int
    codes: tuple[str, ...]
    manner: NamingKind
    likely: tuple[str, ...] = ()


class PlaceFinder:
    """All names of places: `regions` officially, `places` as people say; looking costs time by the words.

    `known` are the words of the language, which are nobody's name and no misspelling.
    """

    def __init__(
        self,
        regions: Regions,
        places: Sequence[PlaceAlias],
        gazetteer: Gazetteer,
        villages: Villages,
        known: Iterable[str],
    ) -> None:
        self._regions = regions
        self._gazetteer, self._villages, self._known = gazetteer, villages, frozenset(known)
        # Only the other words are looked at.
        self._passed_over = self._known - BEFORE_NAME - PARTS
        self._names = PlaceNames.of(regions, places)
        self._misspelt = FuzzyNames({**self._names.stems, **self._names.joined})

    def region(self, code: str) -> str:
        """The narrowest known region that a code leads to (of 33.74.99 it is 33.74); if none, nothing."""
        way = self._regions.lineage(code)
        return way[-1].code if way else ""

    def twins(self, codes: Iterable[str]) -> tuple[str, ...]:
        """The city or regency that bears the same name: of Kota Bogor Kabupaten Bogor, and the other way round."""
        cities = {city_of(code) for code in codes if "." in code}
        return tuple(sorted(twin for city in cities for twin in self._names.twins.get(city, ())))

    def find(self, tokens: Tokens, around: Iterable[str] = (), beside: Iterable[str] = ()) -> tuple[PlaceMatch, ...]:
        """The places in a text, in order, none overlapping another.

        `around`: codes known to be near besides; `beside`: regions that are easily taken for one of these.
        """
        mentions = {mention.first: mention for mention in self._gazetteer.find(tokens)}
        taken = bytearray(len(tokens.words) + 1)
        for mention in mentions.values():
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
        search = SearchContext(tokens, mentions, taken, tuple(around), beside)
        others = self._others(search)
        kept = [self._of(mention, search) for mention in mentions.values() if taken[mention.first] == 1]
        kept = [self._inner(one, after, tokens) for one, after in zip_longest(kept, kept[1:])]
        kept = self._paired(kept, tokens)
        # Who says "Kelurahan Tambakrejo" means no district of that name elsewhere in the text.
        said = {tokens.words[one.end - 1] for one in others if one.manner is NamingKind.VILLAGE}
        kept = [one for one in kept if one.manner is not NamingKind.BARE or tokens.words[one.end - 1] not in said]
        return tuple(sorted((*kept, *others)))

    def _of(self, mention: RegionMention, search: SearchContext) -> PlaceMatch:
        first, end, codes = mention.first, mention.end, mention.codes
        manner = NamingKind.SAID if mention.said else NamingKind.NAMED if mention.sure else NamingKind.BARE
        if mention.said:
            return PlaceMatch(first, end, codes, manner)
        joined = "".join(search.tokens.words[first:end])
        if manner is NamingKind.BARE and (city := self._names.single.get(joined)):
            return PlaceMatch(first, end, (*city, *codes), manner, city[:1])
        if manner is NamingKind.BARE and (inner := self._instead(joined, codes, search, first)):
            return PlaceMatch(first, end, inner, NamingKind.QUARTER)
        if manner is NamingKind.NAMED:
            codes = (*codes, *self._besides(joined, codes, search.around))
        best = self._names.best.get(joined, "")
        if manner is NamingKind.BARE and not best and not search.about(codes):
            others = self._villages.districts(joined)
            codes = tuple(dict.fromkeys((*codes, *others))) if len(others) > _MANY else codes
        return PlaceMatch(first, end, codes, manner, (best,) if best in codes and len(codes) > 1 else ())

    def _instead(self, joined: str, codes: tuple[str, ...], search: SearchContext, at: int) -> tuple[str, ...]:
        """The villages that a district's bare name means where the district lies far from all that is certain."""
        return () if search.within(codes) else search.within(self._villages.districts(joined), near=at)

    def _besides(self, joined: str, codes: Sequence[str], around: Sequence[str]) -> list[str]:
        """The villages around that a city's bare name may mean where the city lies elsewhere."""
        if not around or any(regions_overlap(code, one) for code in codes for one in around):
            return []
        return [code for code in self._villages.districts(joined) if any(regions_overlap(code, one) for one in around)]

    def _inner(self, named: PlaceMatch, after: PlaceMatch | None, tokens: Tokens) -> PlaceMatch:
        """A city's bare name right before another region that holds a district or village of the name: that one."""
        if named.manner is not NamingKind.NAMED or after is None or after.first > named.end:
            return named
        if any(regions_overlap(one, other) for one in named.codes for other in after.codes):
            return named
        joined = "".join(tokens.words[named.first : named.end])
        codes = (*filter(is_district, self._names.joined.get(joined, ())), *self._villages.districts(joined))
        inner = tuple(
            dict.fromkeys(code for code in codes if any(f"{code}.".startswith(f"{one}.") for one in after.codes))
        )
        city = any("." in one or one == CITY_PROVINCE for one in after.codes)
        close = tokens.gaps[after.first] in {", ", ",", " "} and city
        return named._replace(codes=inner, manner=NamingKind.QUARTER) if inner and close else named

    def _paired(self, kept: list[PlaceMatch], tokens: Tokens) -> list[PlaceMatch]:
        """Names side by side, one of them a district's: both are districts' where these lie in one regency."""
        for at, (one, after) in enumerate(pairwise(kept)):
            manners = {one.manner, after.manner}
            if after.first > one.end or NamingKind.BARE not in manners or not manners <= _UNSAID:
                continue
            if tokens.gaps[after.first] not in SIDE_BY_SIDE:
                continue
            left, right = self._districts_of(one, tokens), self._districts_of(after, tokens)
            regions = set(map(city_of, left)) & set(map(city_of, right))
            if regions and set(left) != set(right):
                kept[at] = _as_pair(one, left, regions)
                kept[at + 1] = _as_pair(after, right, regions)
        return kept

    def _districts_of(self, named: PlaceMatch, tokens: Tokens) -> tuple[str, ...]:
        if named.manner is not NamingKind.NAMED:
            return named.codes
        return tuple(filter(is_district, self._names.joined.get("".join(tokens.words[named.first : named.end]), ())))

    def _others(self, search: SearchContext) -> list[PlaceMatch]:
        words, taken, passed_over = search.tokens.words, search.taken, self._passed_over
        found: list[PlaceMatch] = []
        # Behind “di” or “pasar” a word like others may be a name as well.
        at_all = [
            at
            for at, word in enumerate(words)
            if word not in passed_over or (at and words[at - 1] in LEADS and word in self._names.joined)
        ]
        for at in at_all[:_MOST_WORDS]:
            if taken[at] and (taken[at] > 1 or words[at] not in VILLAGE_WORDS):
                continue
            if one := self._at(search, at):
                found.append(one)
                taken[one.first : one.end] = b"\2" * (one.end - one.first)
        return found

    def _at(self, search: SearchContext, at: int) -> PlaceMatch | None:
        words = search.tokens.words
        word = words[at]
        if word in VILLAGE_WORDS:
            return self._village(search, at)
        if word in PREFIXES or word in RUN_ON:
            return self._said(search, at)
        if codes := self._short(search, at):
            return PlaceMatch(at, at + 1, codes, NamingKind.MISSPELT)
        if word in PARTS:
            # “Mangkang Wetan”: the first word may be one like others.
            return self._quarter(search, at - 1) if at and not search.taken[at - 1] else None
        return self._alone(search, at) if len(word) >= _LEAST_BARE - 1 and word.isalpha() else None

    def _alone(self, search: SearchContext, at: int) -> PlaceMatch | None:
        if codes := self._led(search, at):
            return PlaceMatch(at, at + 1, codes, NamingKind.QUARTER)
        if search.tokens.words[at] in self._passed_over:
            return None
        return self._quarter(search, at) or self._bare(search, at) or self._glued(search, at)

    def _short(self, search: SearchContext, at: int) -> tuple[str, ...]:
        """A city by letters that elsewhere may stand for anything: “di bdl”, “dishub kbb”, “bjn kec kedungadem”."""
        words = search.tokens.words
        if not (codes := self._names.wide.get(words[at])):
            return ()
        if search.after_where(at) or (at and words[at - 1] in GLUE):
            return search.within(codes) or codes
        return search.holding(codes, at) if words[at] not in self._known else ()

    def _led(self, search: SearchContext, at: int) -> tuple[str, ...]:
        """“PASAR SAPE”, “di Weru”: districts near what is known, be the name a word like others."""
        word = search.tokens.words[at]
        if not at or search.tokens.words[at - 1] not in LEADS:
            return ()
        codes = tuple(filter(is_district, self._names.joined.get(word, ())))
        return search.about(codes) or (search.alone_around(codes) if word not in self._known else ())

    def _village(self, search: SearchContext, at: int) -> PlaceMatch | None:
        """The village behind a word like desa; where a district's longer name stands there, it is none."""
        words = search.tokens.words
        if at + 1 >= len(words) or search.tokens.gaps[at + 1] not in AFTER_PREFIX:
            return None
        mention = search.mentions.get(at + 1)
        for end, joined in search.joins(at + 1, MAX_NAME_WORDS):
            if mention and (mention.said or end < mention.end):
                return None
            if codes := self._villages.districts(joined):
                within = search.within(codes)
                # “desa kami”, “desa baru”.
                usual = end == at + 2 and joined in self._known and not search.titled(at + 1)
                if usual and not within:
                    return None
                kind = self._villages.districts_of_kind(joined, desa=words[at] in DESA)
                return PlaceMatch(
                    at, end, within or codes, NamingKind.VILLAGE, kind if not within and kind != codes else ()
                )
        return None

    def _quarter(self, search: SearchContext, at: int) -> PlaceMatch | None:
        """The bare name of a village or district: near what lies around it, or where hardly another bears it."""
        for end, joined in search.joins(at, MAX_NAME_WORDS - 1):
            if joined not in self._villages.joined_names and joined not in self._names.joined:
                continue
            if len(joined) < _LEAST_BARE or (end == at + 1 and joined in self._known):
                continue
            codes = self._villages.districts(joined)
            # One that counts only when written as a name does so too behind "wilayah".
            district = not codes or search.after_where(at)
            districts = tuple(filter(is_district, self._names.joined.get(joined, ()))) if district else ()
            if pair := self._pair(search, at, end, codes):
                return pair
            codes = tuple(dict.fromkeys((*codes, *districts)))
            if within := search.about(codes, near=at):
                return PlaceMatch(at, end, within, NamingKind.QUARTER)
            if codes:
                # “di Sayung”
                least = _LEAST_BARE if districts and search.after_where(at) else _LEAST_ALONE
                alone = len(codes) <= _FEW and len(joined) >= least and search.stands_alone(at, end)
                # Long and in one regency only, it is one in small letters too.
                small = len(joined) >= _LEAST_SMALL and search.tokens.written(at).islower() and not search.certain
                alone |= small and len(set(map(city_of, codes))) == 1
                return PlaceMatch(at, end, codes, NamingKind.QUARTER, districts) if alone else None
        return None

    def _pair(self, search: SearchContext, at: int, end: int, codes: Sequence[str]) -> PlaceMatch | None:
        """A village's name beside its district's: “Tibubeneng Kuta Utara”, “ngestiharjo kasihan”."""
        districts = [code for mention in search.beside(at, end) for code in mention.codes if is_district(code)]
        words, gaps = search.tokens.words, search.tokens.gaps
        if end < len(words) and gaps[end] in SIDE_BY_SIDE:
            districts.extend(self._names.joined.get(words[end], ()))
        both = tuple(code for code in codes if code in districts)
        return PlaceMatch(at, end, both, NamingKind.PAIRED) if both else None

    def _said(self, search: SearchContext, at: int) -> PlaceMatch | None:
        """A name misspelt or cut short behind a word that says what it is."""
        words, gaps = search.tokens.words, search.tokens.gaps
        if at + 1 >= len(words) or gaps[at + 1] not in AFTER_PREFIX:
            return None
        for end, joined in search.joins(at + 1, 3):
            apart = end > at + 2
            codes = self._names.stems.get(joined, ()) or (
                self._names.joined.get(joined, ()) if apart or words[at] in RUN_ON else ()
            )
            manner = NamingKind.SAID if codes else NamingKind.MISSPELT
            if not codes and not self._known.issuperset(words[at + 1 : end]):
                codes = tuple(code for name in self._misspelt.meant(joined) for code in self._names.bearing(name))
            for wanted in levels_after(RUN_ON.get(words[at], words[at])):
                if fitting := tuple(code for code in codes if region_level(code) is wanted):
                    return PlaceMatch(at, end, search.within(fitting) or fitting, manner)
        return None

    def _bare(self, search: SearchContext, at: int) -> PlaceMatch | None:
        """A misspelt name by itself: a city's, or a district's near the city; no village's right one (Ciganjur)."""
        word = search.tokens.words[at]
        consonants = not set(word) & set("aeiou")
        if not (consonants or (len(word) >= _LEAST_MISSPELT and search.led(at))) or word in self._villages.joined_names:
            return None
        names = self._misspelt.meant(word)
        if not names:
            return None
        if wide := tuple(dict.fromkeys(code for name in names for code in self._names.wide.get(name, ()))):
            return PlaceMatch(at, at + 1, search.within(wide) or wide, NamingKind.MISSPELT)
        codes = tuple(code for name in names for code in self._names.bearing(name))
        within = search.within(codes, near=at)
        return PlaceMatch(at, at + 1, within, NamingKind.MISSPELT) if within else None

    def _glued(self, search: SearchContext, at: int) -> PlaceMatch | None:
        word, tagged = search.tokens.words[at], search.tokens.gaps[at].endswith(_HASH)
        for cut in range(min(len(word) - 2, LONGEST_GLUE), 1, -1) if word[:2] in GLUE_BEGINS else ():
            glue = word[:cut]
            if glue in GLUE and (codes := self._names.wide.get(word[cut:])):
                levels = levels_after(glue.removeprefix("dishub").removeprefix("pemerintah"))
                fitted = (tuple(code for code in codes if region_level(code) is wanted) for wanted in levels)
                return PlaceMatch(at, at + 1, next(filter(None, fitted), codes), NamingKind.GLUED)
        if tagged:
            for part in _ends(word):
                if codes := self._names.wide.get(part):
                    return PlaceMatch(at, at + 1, search.within(codes) or codes, NamingKind.GLUED)
        return None


def _as_pair(named: PlaceMatch, codes: Iterable[str], regions: Collection[str]) -> PlaceMatch:
    return named._replace(
        codes=tuple(code for code in codes if city_of(code) in regions), manner=NamingKind.PAIRED, likely=()
    )


def _ends(word: str) -> Iterator[str]:
    """What a word ends with or begins with, longest first."""
    for length in range(len(word) - 1, _LEAST_GLUED - 1, -1):
        yield word[-length:]
        yield word[:length]

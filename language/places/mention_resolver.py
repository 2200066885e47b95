"""Resolves the regions that the gazetteer found: villages of the same name, misspelt cities, and pairs of names."""

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise, zip_longest

from language.places.context import SIDE_BY_SIDE, SearchContext, behind_neighbourhood
from language.places.gazetteer import RegionMention, is_in_city, regions_overlap
from language.places.names import PART_WORDS, city_of
from language.places.place_match import NamingKind, PlaceMatch, PlaceTables, merge_codes
from language.tokens import Tokens

# A district's bare name that more villages elsewhere bear hardly means the district.
_MANY_VILLAGES = 12
# Characters between a name and the name of the region that it lies in.
_BEFORE_CONTAINING_REGION = frozenset((", ", ",", " "))
_UNTYPED = frozenset((NamingKind.BARE, NamingKind.NAMED))


class MentionResolver:
    """Resolves mentions to places with the names of `tables`."""

    def __init__(self, tables: PlaceTables) -> None:
        self._names, self._villages = tables.names, tables.villages

    def resolve(self, mentions: Iterable[RegionMention], context: SearchContext) -> list[PlaceMatch]:
        """Return the places of mentions, in order."""
        matches = [self._resolve_mention(mention, context) for mention in mentions]
        narrowed = [
            self._narrow_by_following(match, following, context.tokens)
            for match, following in zip_longest(matches, matches[1:])
        ]
        return self._pair_districts(narrowed, context.tokens)

    def has_district(self, joined_name: str, known_codes: Sequence[str]) -> bool:
        """Return True if a district or village in one of the regions has this name."""
        return bool(self._codes_in_known_regions(joined_name, (), known_codes))

    def _resolve_mention(self, mention: RegionMention, context: SearchContext) -> PlaceMatch:
        if mention.typed:
            return PlaceMatch(mention.first, mention.end, mention.codes, NamingKind.TYPED)
        return self._resolve_certain(mention, context) if mention.certain else self._resolve_bare(mention, context)

    def _resolve_certain(self, mention: RegionMention, context: SearchContext) -> PlaceMatch:
        first, end, codes, *_ = mention
        joined_name = context.joined(first, end)
        inner_codes = self._codes_in_known_regions(joined_name, codes, context.known_codes)
        likely = _in_other_provinces(inner_codes, codes)
        codes = merge_codes(codes, inner_codes)
        return PlaceMatch(first, end, codes, NamingKind.NAMED, likely or self._likely(joined_name, codes))

    def _resolve_bare(self, mention: RegionMention, context: SearchContext) -> PlaceMatch:
        first, end, codes, *_ = mention
        joined_name = context.joined(first, end)
        if city := self._names.single.get(joined_name):
            return PlaceMatch(first, end, (*city, *codes), NamingKind.BARE, city[:1])
        for name_end in _ends_with_part_word(context.tokens, end):
            if villages := self._villages_instead(context.joined(first, name_end), codes, context, first):
                return PlaceMatch(first, name_end, villages, NamingKind.QUARTER)
        if joined_name not in self._names.best and not context.within_or_confusable(codes):
            villages = self._villages.districts(joined_name)
            codes = merge_codes(codes, villages) if len(villages) > _MANY_VILLAGES else codes
        return PlaceMatch(first, end, codes, NamingKind.BARE, self._likely(joined_name, codes))

    def _likely(self, joined_name: str, codes: Collection[str]) -> tuple[str, ...]:
        best = self._names.best.get(joined_name, "")
        return (best,) if best in codes and len(codes) > 1 else ()

    def _villages_instead(
        self, joined_name: str, codes: tuple[str, ...], context: SearchContext, position: int
    ) -> tuple[str, ...]:
        """Return the villages near certain regions that a district's name means if the district lies elsewhere."""
        if context.within(codes):
            return ()
        return context.within(self._villages.districts(joined_name), close_to=position)

    def _codes_in_known_regions(
        self, joined_name: str, codes: Sequence[str], known_codes: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the districts and villages in known regions that a city's name may mean if the city lies elsewhere."""
        if not known_codes or _any_overlap(codes, known_codes):
            return ()
        inner_codes = merge_codes(self._names.districts(joined_name), self._villages.districts(joined_name))
        return tuple(code for code in inner_codes if _any_overlap((code,), known_codes))

    def _narrow_by_following(self, match: PlaceMatch, following: PlaceMatch | None, tokens: Tokens) -> PlaceMatch:
        """Return the district or village in the following region that has the name of a city elsewhere."""
        if following is None or not _is_city_before_region(match, following, tokens):
            return match
        joined_name = "".join(tokens.words[match.first : match.end])
        codes = (*self._names.districts(joined_name), *self._villages.districts(joined_name))
        inner_codes = tuple(
            dict.fromkeys(
                code for code in codes if any(f"{code}.".startswith(f"{region}.") for region in following.codes)
            )
        )
        return match._replace(codes=inner_codes, kind=NamingKind.QUARTER) if inner_codes else match

    def _pair_districts(self, matches: list[PlaceMatch], tokens: Tokens) -> list[PlaceMatch]:
        """Return the matches with two untyped names side by side as districts if both are in one regency."""
        for position, (match, following) in enumerate(pairwise(matches)):
            if not _may_be_pair(match, following, tokens):
                continue
            codes, following_codes = self._district_codes(match, tokens), self._district_codes(following, tokens)
            cities = set(map(city_of, codes)) & set(map(city_of, following_codes))
            if districts := () if cities else self._districts_of_village(match, following, tokens):
                # “Citeureup Dayeuhkolot”: a village of the other district, not the district of its name elsewhere.
                matches[position] = _as_pair(match, districts, set(map(city_of, districts)))
                matches[position + 1] = _as_pair(following, districts, set(map(city_of, districts)))
            elif cities and set(codes) != set(following_codes):
                matches[position] = _as_pair(match, codes, cities)
                matches[position + 1] = _as_pair(following, following_codes, cities)
        return matches

    def _districts_of_village(self, match: PlaceMatch, following: PlaceMatch, tokens: Tokens) -> tuple[str, ...]:
        """Return the districts of one of two names in which a village has the other name."""
        for village, district in ((match, following), (following, match)):
            villages = self._villages.districts("".join(tokens.words[village.first : village.end]))
            if codes := tuple(code for code in villages if code in district.codes):
                return codes
        return ()

    def _district_codes(self, match: PlaceMatch, tokens: Tokens) -> tuple[str, ...]:
        if match.kind is not NamingKind.NAMED:
            return match.codes
        return self._names.districts("".join(tokens.words[match.first : match.end]))


def _ends_with_part_word(tokens: Tokens, end: int) -> tuple[int, ...]:
    """Return the end of a name, first behind the word that distinguishes parts of it (Tlogosari Kulon)."""
    has_part_word = end < len(tokens.words) and tokens.gaps[end] == " " and tokens.words[end] in PART_WORDS
    return (end + 1, end) if has_part_word else (end,)


def _any_overlap(codes: Iterable[str], known_codes: Sequence[str]) -> bool:
    return any(regions_overlap(code, known_code) for code in codes for known_code in known_codes)


def _in_other_provinces(inner_codes: tuple[str, ...], codes: Iterable[str]) -> tuple[str, ...]:
    """Return the inner codes if no code lies in their provinces: a distant city is meant less than a quarter here."""
    provinces = {code.partition(".")[0] for code in codes}
    return () if any(code.partition(".")[0] in provinces for code in inner_codes) else inner_codes


def _is_city_before_region(match: PlaceMatch, following: PlaceMatch, tokens: Tokens) -> bool:
    """Return True for a city's name directly before a city or regency that it does not overlap."""
    is_directly_before = match.kind is NamingKind.NAMED and following.first <= match.end
    return (
        is_directly_before
        and tokens.gaps[following.first] in _BEFORE_CONTAINING_REGION
        and any(map(is_in_city, following.codes))
        and not _any_overlap(match.codes, following.codes)
    )


def _may_be_pair(match: PlaceMatch, following: PlaceMatch, tokens: Tokens) -> bool:
    """Return True for two untyped names side by side of which at least one is a district's."""
    kinds = {match.kind, following.kind}
    is_untyped_pair = NamingKind.BARE in kinds and kinds <= _UNTYPED
    is_beside = following.first <= behind_neighbourhood(tokens, match.end)
    return is_untyped_pair and is_beside and tokens.gaps[following.first] in SIDE_BY_SIDE


def _as_pair(match: PlaceMatch, codes: Iterable[str], cities: Collection[str]) -> PlaceMatch:
    codes_in_cities = tuple(code for code in codes if city_of(code) in cities)
    return match._replace(codes=codes_in_cities, kind=NamingKind.PAIRED, likely=())

"""Finds all place names in a text: regions, villages, and names that are misspelt or written together with others.

A match keeps all codes that its name may mean, narrowed by the names around it. It does not decide which place the
matter is about.
"""

from collections.abc import Collection, Iterable, Sequence

from config.reference.regions import Regions
from language.places.aliases import PlaceAlias
from language.places.context import SearchContext
from language.places.fuzzy import FuzzyNames
from language.places.gazetteer import Gazetteer
from language.places.mention_resolver import MentionResolver
from language.places.names import PlaceNames, city_of
from language.places.place_match import NamingKind, PlaceMatch, PlaceTables
from language.places.villages import Villages
from language.places.word_search import WordSearch
from language.tokens import Tokens

__all__ = ["NamingKind", "PlaceFinder", "PlaceMatch"]


class PlaceFinder:
    """All names of places. The time of a search depends on the words of the text.

    `known_words` are the words of the language: they are no names and no misspellings.
    """

    def __init__(
        self,
        regions: Regions,
        aliases: Sequence[PlaceAlias],
        gazetteer: Gazetteer,
        villages: Villages,
        known_words: Iterable[str],
    ) -> None:
        self._regions, self._gazetteer = regions, gazetteer
        self._names = PlaceNames.from_tables(regions, aliases)
        fuzzy_names = FuzzyNames({**self._names.stems, **self._names.joined})
        # A set of so many words takes 2 MB, the keys of a dictionary less than half of it.
        tables = PlaceTables(self._names, villages, fuzzy_names, dict.fromkeys(known_words).keys())
        self._mention_resolver, self._word_search = MentionResolver(tables), WordSearch(tables)

    def known_region(self, code: str) -> str:
        """Return the narrowest known region of a code (of 33.74.99 it is 33.74); "" if there is none."""
        lineage = self._regions.lineage(code)
        return lineage[-1].code if lineage else ""

    def namesakes(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Return the cities and regencies with the same name: Kabupaten Bogor for Kota Bogor, and the reverse."""
        cities = {city_of(code) for code in codes if "." in code}
        return tuple(sorted(namesake for city in cities for namesake in self._names.namesakes.get(city, ())))

    def has_district(self, name: str, codes: Iterable[str]) -> bool:
        """Return True if a district or village in one of the regions has this name."""
        return self._mention_resolver.has_district("".join(Tokens(name).words), tuple(codes))

    def find_places(
        self, tokens: Tokens, known_codes: Iterable[str] = (), confusable_codes: Collection[str] = ()
    ) -> tuple[PlaceMatch, ...]:
        """Return the places in a text, in order and without overlaps.

        `known_codes` are regions known from elsewhere, `confusable_codes` regions that are easily taken for one of
        them.
        """
        mentions = {mention.first: mention for mention in self._gazetteer.find_regions(tokens)}
        taken = bytearray(len(tokens.words) + 1)
        for mention in mentions.values():
            taken[mention.first : mention.end] = b"\1" * (mention.end - mention.first)
        context = SearchContext(tokens, mentions, taken, tuple(known_codes), confusable_codes)
        word_matches = self._word_search.find_places(context)
        # The word search has claimed the other mentions, as the names of villages.
        remaining = [mention for mention in mentions.values() if taken[mention.first] == 1]
        mention_matches = self._mention_resolver.resolve(remaining, context)
        village_words = {tokens.words[match.end - 1] for match in word_matches if match.kind is NamingKind.VILLAGE}
        return tuple(sorted((*_without_villages(mention_matches, village_words, tokens), *word_matches)))


def _without_villages(matches: Iterable[PlaceMatch], village_words: set[str], tokens: Tokens) -> Iterable[PlaceMatch]:
    """Return the matches without bare names of districts that are the name of a village in the same text.

    A text with "Kelurahan Tambakrejo" means no district Tambakrejo.
    """
    return (
        match
        for match in matches
        if match.kind is not NamingKind.BARE or tokens.words[match.end - 1] not in village_words
    )

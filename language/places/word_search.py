"""Finds places at the words that the gazetteer left: villages, and names that are misspelt, shortened or glued."""

import re
from collections.abc import Iterator, Sequence

from language.places.context import SIDE_BY_SIDE, SearchContext, behind_neighbourhood
from language.places.gazetteer import PREFIXES, levels_after, region_level
from language.places.names import (
    DESA,
    GLUE,
    GLUE_AFTER,
    GLUE_BEGINNINGS,
    LEADING_WORDS,
    MAX_GLUE_LETTERS,
    PART_WORDS,
    RUN_ON,
    TYPE_WORDS,
    VILLAGE_WORDS,
    city_of,
    is_district,
)
from language.places.place_match import NamingKind, PlaceMatch, PlaceTables, merge_codes
from language.places.villages import MAX_NAME_WORDS

_TAG_SIGNS = ("#", "@")
_VOWELS = frozenset("aeiou")
# Minimum letters: of a city's name in a tag; of a bare name; of a bare name that may be misspelt.
_MIN_TAGGED_LETTERS, _MIN_BARE_LETTERS, _MIN_MISSPELT_LETTERS = 5, 5, 6
# Minimum letters of an ordinary word that is written together with the city before it.
_MIN_FOLLOWING_LETTERS = 4
_SUFFIXES = ("kan", "an", "nya", "i")
# Prefixes of nouns in -an, and the first letters of the root that they replace: perbatasan, penarikan, kejaksaan.
_NOUN_PREFIXES = (("per", ""), ("peng", "k"), ("peny", "s"), ("pem", "p"), ("pen", "t"), ("pe", ""), ("ke", ""))
_MIDDLE_CAPITAL = re.compile(r"^[^\W\d_]*?[a-z](?=[A-Z][a-z]+$)")
# Beginnings of names of firms and services, to which the city behind them belongs.
_BRAND_BEGINNINGS = frozenset(("trans", "bank", "persatuan", "radio", "harian"))
# Minimum letters of the first word of a bare name.
_MIN_FIRST_WORD_LETTERS = 4
# The name of a village without any other region in the text is one if at most so many districts have it, and if it has
# so many letters that it is no person's; so many if it is written in small letters.
_FEW_DISTRICTS = 3
_MIN_LONE_LETTERS, _MIN_LONE_LOWER_CASE_LETTERS = 7, 9
_MAX_TYPED_NAME_WORDS = 3
# The limit bounds the time that a text takes.
_MAX_WORDS = 400
# Known words that are examined. All others are no names.
_NAMING_WORDS = TYPE_WORDS | PART_WORDS
# Marks in `SearchContext.taken`: a token of a mention; a token of a place that is found here.
_MENTION, _PLACE = 1, 2


class WordSearch:
    """Searches the words of a text in the names of `tables`."""

    def __init__(self, tables: PlaceTables) -> None:
        self._names, self._villages, self._fuzzy_names = tables.names, tables.villages, tables.fuzzy_names
        self._known_words = tables.known_words
        self._max_city_letters = max(map(len, tables.names.city_codes), default=0)
        self._city_beginnings = {name[:_MIN_TAGGED_LETTERS] for name in tables.names.city_codes}

    def find_places(self, context: SearchContext) -> list[PlaceMatch]:
        """Return the places in order, and mark their tokens as taken."""
        matches: list[PlaceMatch] = []
        words, taken = context.tokens.words, context.taken
        for position in self._examined_positions(words)[:_MAX_WORDS]:
            # The name after a word like desa belongs to it, also if a region has the same name.
            is_examined = not taken[position] or (taken[position] == _MENTION and words[position] in VILLAGE_WORDS)
            if is_examined and (match := self._place_at(context, position)):
                matches.append(match)
                taken[match.first : match.end] = bytes((_PLACE,)) * (match.end - match.first)
        return matches

    def _examined_positions(self, words: Sequence[str]) -> list[int]:
        known_words, names = self._known_words, self._names.joined
        # A name after a word like `di` or `pasar` may be an ordinary word too.
        return [
            position
            for position, (previous, word) in enumerate(zip(("", *words), words, strict=False))
            if word not in known_words or word in _NAMING_WORDS or (previous in LEADING_WORDS and word in names)
        ]

    def _place_at(self, context: SearchContext, position: int) -> PlaceMatch | None:
        word = context.tokens.words[position]
        if word in VILLAGE_WORDS:
            return self._village_after_type_word(context, position)
        if word in PREFIXES or word in RUN_ON:
            return self._region_after_type_word(context, position)
        if codes := self._city_by_abbreviation(context, position):
            return PlaceMatch(position, position + 1, codes, NamingKind.MISSPELT)
        if word in PART_WORDS:
            # Of "Mangkang Wetan" the first word may be an ordinary one.
            is_second_word = position > 0 and not context.taken[position - 1]
            return self._bare_name(context, position - 1) if is_second_word else None
        if len(word) >= _MIN_FIRST_WORD_LETTERS and word.isalpha():
            return self._untyped_name(context, position)
        return None

    def _untyped_name(self, context: SearchContext, position: int) -> PlaceMatch | None:
        if codes := self._districts_after_leading_word(context, position):
            return PlaceMatch(position, position + 1, codes, NamingKind.QUARTER)
        word = context.tokens.words[position]
        if word in self._known_words and word not in _NAMING_WORDS:
            return None
        return (
            self._bare_name(context, position)
            or self._misspelt_name(context, position)
            or self._glued_name(context, position)
        )

    def _city_by_abbreviation(self, context: SearchContext, position: int) -> tuple[str, ...]:
        """Return a city by letters that may mean anything elsewhere: "di bdl", "dishub kbb", "bjn kec kedungadem"."""
        words = context.tokens.words
        codes = self._names.city_codes.get(words[position], ())
        if not codes:
            return ()
        if context.is_after_locative(position) or (position and words[position - 1] in GLUE):
            return context.within(codes) or codes
        return () if words[position] in self._known_words else context.around_neighbours(codes, position)

    def _districts_after_leading_word(self, context: SearchContext, position: int) -> tuple[str, ...]:
        """Return districts near known regions ("PASAR SAPE", "di Weru"), also if the name is an ordinary word."""
        words = context.tokens.words
        if not position or words[position - 1] not in LEADING_WORDS:
            return ()
        codes = self._names.districts(words[position])
        if words[position] in self._known_words:
            return context.within_or_confusable(codes)
        return context.within_or_confusable(codes) or context.only_one_in_known_provinces(codes)

    def _village_after_type_word(self, context: SearchContext, position: int) -> PlaceMatch | None:
        """Return the village after a word like desa; none if a longer name of a region stands there."""
        if not context.has_name_after(position):
            return None
        mention = context.mentions.get(position + 1)
        for end, joined_name in context.joined_names(position + 1, MAX_NAME_WORDS):
            if mention and (mention.typed or end < mention.end):
                return None
            if codes := self._villages.districts(joined_name):
                return self._village(context, position, end, joined_name, codes)
        return None

    def _village(
        self, context: SearchContext, position: int, end: int, joined_name: str, codes: tuple[str, ...]
    ) -> PlaceMatch | None:
        if codes_within := context.within(codes) or self._codes_beside_district(context, position, end, codes):
            return PlaceMatch(position, end, codes_within, NamingKind.VILLAGE)
        # "desa kami", "desa baru".
        is_one_word = end == position + 2
        if is_one_word and joined_name in self._known_words and not context.has_one_capital(position + 1):
            return None
        is_desa = context.tokens.words[position] in DESA
        codes_of_kind = self._villages.districts_of_kind(joined_name, desa=is_desa)
        return PlaceMatch(position, end, codes, NamingKind.VILLAGE, codes_of_kind if codes_of_kind != codes else ())

    def _bare_name(self, context: SearchContext, position: int) -> PlaceMatch | None:
        """Return a village or district by its bare name: near known regions, or if hardly another place has it."""
        for end, joined_name in context.joined_names(position, MAX_NAME_WORDS - 1):
            if not self._may_be_bare_name(joined_name, is_one_word=end == position + 1):
                continue
            villages = self._villages.districts(joined_name)
            if pair := self._village_beside_district(context, position, end, villages):
                return pair
            # A district's name that counts only when written as a name does so too after "wilayah".
            may_be_district = not villages or context.is_after_locative(position)
            districts = self._names.districts(joined_name) if may_be_district else ()
            if codes := merge_codes(villages, districts):
                return self._quarter(context, PlaceMatch(position, end, codes, NamingKind.QUARTER, districts))
        return None

    def _may_be_bare_name(self, joined_name: str, *, is_one_word: bool) -> bool:
        is_name = joined_name in self._villages.joined_names or joined_name in self._names.joined
        is_known_word = is_one_word and joined_name in self._known_words
        return is_name and len(joined_name) >= _MIN_BARE_LETTERS and not is_known_word

    def _quarter(self, context: SearchContext, match: PlaceMatch) -> PlaceMatch | None:
        """Return the match with the codes near certain regions; without these only a name that is clear by itself."""
        if codes := context.within_or_confusable(match.codes, close_to=match.first):
            return match._replace(codes=codes, likely=())
        return match if self._is_clear_alone(context, match) else None

    def _is_clear_alone(self, context: SearchContext, match: PlaceMatch) -> bool:
        if match.end == match.first + 1 and self._is_noun_of_root(context.tokens.words[match.first]):
            return False
        letters = len(context.joined(match.first, match.end))
        # "di Sayung"
        is_district_after_locative = bool(match.likely) and context.is_after_locative(match.first)
        min_letters = _MIN_BARE_LETTERS if is_district_after_locative else _MIN_LONE_LETTERS
        has_few_districts = len(match.codes) <= _FEW_DISTRICTS and letters >= min_letters
        if has_few_districts and context.stands_alone(match.first, match.end):
            return True
        # A long name of places in one regency is clear in small letters too.
        written = context.tokens.written(match.first)
        is_lower_case = written.islower() and not self._is_derived(written) and not context.has_certain_region
        is_in_one_city = len(set(map(city_of, match.codes))) == 1
        return letters >= _MIN_LONE_LOWER_CASE_LETTERS and is_lower_case and is_in_one_city

    def _is_derived(self, word: str) -> bool:
        """Return True for a word with the suffix of a noun or verb behind an ordinary word (pandangan)."""
        return any(word.removesuffix(suffix) in self._known_words for suffix in _SUFFIXES if word.endswith(suffix))

    def _is_noun_of_root(self, word: str) -> bool:
        """Return True for a noun that is made of an ordinary word, which villages bear too (perbatasan)."""
        stem = word.removesuffix("an")
        roots = [
            letter + stem.removeprefix(prefix)
            for prefix, first_letter in _NOUN_PREFIXES
            if stem.startswith(prefix)
            for letter in ("", first_letter)
        ]
        return stem != word and not self._known_words.isdisjoint(roots)

    def _village_beside_district(
        self, context: SearchContext, position: int, end: int, villages: Sequence[str]
    ) -> PlaceMatch | None:
        """Return a village whose district is named beside it: "Tibubeneng Kuta Utara", "ngestiharjo kasihan"."""
        codes = self._codes_beside_district(context, position, end, villages)
        return PlaceMatch(position, end, codes, NamingKind.PAIRED) if codes else None

    def _codes_beside_district(
        self, context: SearchContext, position: int, end: int, villages: Sequence[str]
    ) -> tuple[str, ...]:
        """Return the villages whose district is named beside them."""
        neighbours = context.neighbours(position, end)
        districts = [code for mention in neighbours for code in mention.codes if is_district(code)]
        words, gaps = context.tokens.words, context.tokens.gaps
        next_name = behind_neighbourhood(context.tokens, end)
        if next_name < len(words) and gaps[next_name] in SIDE_BY_SIDE:
            districts.extend(self._names.joined.get(words[next_name], ()))
        return tuple(code for code in villages if code in districts)

    def _region_after_type_word(self, context: SearchContext, position: int) -> PlaceMatch | None:
        """Return the region whose name is misspelt or shortened after a type word."""
        if not context.has_name_after(position):
            return None
        type_word = context.tokens.words[position]
        levels = levels_after(RUN_ON.get(type_word, type_word))
        for end, joined_name in context.joined_names(position + 1, _MAX_TYPED_NAME_WORDS):
            kind, codes = self._typed_codes(context, position, end, joined_name)
            for level in levels:
                if codes_of_level := tuple(code for code in codes if region_level(code) is level):
                    return PlaceMatch(position, end, context.within(codes_of_level) or codes_of_level, kind)
        return None

    def _typed_codes(
        self, context: SearchContext, position: int, end: int, joined_name: str
    ) -> tuple[NamingKind, tuple[str, ...]]:
        words = context.tokens.words
        is_exact = end > position + 2 or words[position] in RUN_ON
        exact_codes = self._names.joined.get(joined_name, ()) if is_exact else ()
        if codes := self._names.stems.get(joined_name, ()) or exact_codes:
            return NamingKind.TYPED, codes
        if all(map(self._known_words.__contains__, words[position + 1 : end])):
            return NamingKind.MISSPELT, ()
        return NamingKind.MISSPELT, self._codes_of_similar_names(self._fuzzy_names.find_similar(joined_name))

    def _codes_of_similar_names(self, names: Sequence[str]) -> tuple[str, ...]:
        return tuple(code for name in names for code in self._names.codes(name))

    def _misspelt_name(self, context: SearchContext, position: int) -> PlaceMatch | None:
        """Return a city by a misspelt name, or a district near certain regions; never for the name of a village."""
        if not self._may_be_misspelt(context, position):
            return None
        names = self._fuzzy_names.find_similar(context.tokens.words[position])
        wide_codes = merge_codes(*(self._names.city_codes.get(name, ()) for name in names))
        if wide_codes:
            codes = context.within(wide_codes) or wide_codes
        else:
            codes = context.within(self._codes_of_similar_names(names), close_to=position)
        return PlaceMatch(position, position + 1, codes, NamingKind.MISSPELT) if codes else None

    def _may_be_misspelt(self, context: SearchContext, position: int) -> bool:
        word = context.tokens.words[position]
        if word in self._villages.joined_names:
            return False
        is_long_name = len(word) >= _MIN_MISSPELT_LETTERS and context.is_written_as_name(position)
        return is_long_name or _VOWELS.isdisjoint(word)

    def _glued_name(self, context: SearchContext, position: int) -> PlaceMatch | None:
        """Return a city whose name is written together with another word, or in a tag."""
        word = context.tokens.words[position]
        codes = (
            self._codes_after_glue(word)
            or self._codes_before_glue(word)
            or self._codes_before_word(word)
            or self._codes_after_word(context.tokens.written(position))
        )
        if not codes and context.tokens.gaps[position].endswith(_TAG_SIGNS):
            candidates = _beginnings_and_ends(word, self._max_city_letters)
            parts = (self._names.city_codes.get(candidate, ()) for candidate in candidates)
            tagged_codes = next(filter(None, parts), ())
            codes = context.within(tagged_codes) or tagged_codes
        return PlaceMatch(position, position + 1, codes, NamingKind.GLUED) if codes else None

    def _codes_after_glue(self, word: str) -> tuple[str, ...]:
        if word[:2] not in GLUE_BEGINNINGS:
            return ()
        for cut in range(min(len(word) - 2, MAX_GLUE_LETTERS), 1, -1):
            glue, name = word[:cut], word[cut:]
            if glue not in GLUE:
                continue
            if codes := self._names.city_codes.get(name, ()) or self._codes_before_glue(name):
                return _codes_on_level(codes, glue.removeprefix("dishub").removeprefix("pemerintah"))
        return ()

    def _codes_before_glue(self, word: str) -> tuple[str, ...]:
        """Return the city before a type word: "bantulkab", "semarangkota"."""
        if not word.endswith(GLUE_AFTER):
            return ()
        glue = next(filter(word.endswith, GLUE_AFTER))
        return _codes_on_level(self._names.city_codes.get(word.removesuffix(glue), ()), glue)

    def _codes_before_word(self, word: str) -> tuple[str, ...]:
        """Return the city that an ordinary word follows where a line break was lost: "klatenterima kasih"."""
        if word[:_MIN_TAGGED_LETTERS] not in self._city_beginnings:
            return ()
        cuts = range(min(len(word) - _MIN_FOLLOWING_LETTERS, self._max_city_letters), _MIN_TAGGED_LETTERS - 1, -1)
        # Of two ordinary words (mitrabatik) the first is no city.
        parts = (
            self._names.city_codes.get(word[:cut], ())
            for cut in cuts
            if word[cut:] in self._known_words and word[:cut] not in self._known_words
        )
        return next(filter(None, parts), ())

    def _codes_after_word(self, written: str) -> tuple[str, ...]:
        """Return the city behind an ordinary word where a line break was lost: "IndahKarawang", not "TransJakarta"."""
        middle_capital = _MIDDLE_CAPITAL.search(written)
        if middle_capital is None:
            return ()
        word, name = written[: middle_capital.end()].lower(), written[middle_capital.end() :].lower()
        is_ordinary_word = word in self._known_words and word not in _BRAND_BEGINNINGS
        return self._names.city_codes.get(name, ()) if is_ordinary_word and len(name) >= _MIN_TAGGED_LETTERS else ()


def _codes_on_level(codes: tuple[str, ...], type_word: str) -> tuple[str, ...]:
    """Return the codes on the likeliest level after a type word; all codes if none is on such a level."""
    by_level = (tuple(code for code in codes if region_level(code) is level) for level in levels_after(type_word))
    return next(filter(None, by_level), codes)


def _beginnings_and_ends(word: str, max_letters: int) -> Iterator[str]:
    """Yield the ends and the beginnings of a word of at most so many letters, longest first."""
    for length in range(min(len(word) - 1, max_letters), _MIN_TAGGED_LETTERS - 1, -1):
        yield word[-length:]
        yield word[:length]

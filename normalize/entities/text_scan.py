"""A text while its entities are extracted: its words, its regions, the entities so far, and the rules for names.

A reader looks at one word and the words that follow it. It adds the entity that it reads and returns the index of the
word at which reading continues; 0 if it reads none. Every index counts words, every position counts characters.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

from language.ordinary_words import CAPITALISED_NAME_WORDS, NON_NAME_WORDS, split_words
from language.places.gazetteer import Gazetteer, RegionMention
from language.tokens import Tokens
from normalize.entities.entity import Entity, EntityKind
from normalize.entities.name_words import (
    AMBIGUOUS_SUFFIXES,
    NAME_LEADS,
    NAME_SUFFIXES,
    NUMBERS,
    ROMAN_NUMERALS,
    SHORT_DIRECTIONS,
    TITLES,
    canonical_name,
    is_ordinary,
    is_verb,
)

# Gaps between a word like jalan, RT, no and the name or number that it introduces.
_INTRODUCING_GAPS = frozenset(
    (" ", "", ".", ". ", ":", ": ", " : ", " :", ".:", ".: ", " . ", "-", " - ", "=", " = ", "  ")
)
_FULL_STOPS = frozenset((". ", " . "))
_NAME_GAPS = frozenset((" ", "-", "'", "\u2019", "`"))
_DOTS = frozenset((".", ". "))
_NAME_GAPS_AND_DOTS = _NAME_GAPS | _DOTS
_MAX_ABBREVIATION_LENGTH = 3
_MAX_SMALL_NUMBER_DIGITS = 3
_MAX_NAME_WORDS = 5
# A name in lower case, or in a text of capitals, has no visible end: it is cut earlier.
_MAX_UNMARKED_NAME_WORDS = 3
_LONG_ABBREVIATIONS = frozenset(("kacab", "kcab", "komp", "perum", "prov"))
# A region's name after them is the name of the lake or hill: Jl. Danau Tondano may be in any city.
_NAMESAKES = frozenset(split_words("danau gunung sungai teluk pulau selat bukit telaga"))
# These words end a name, but the names of many streets and villages begin with them.
_NAME_OPENERS = frozenset(
    split_words("kampung kp masjid mesjid stasiun terminal pelabuhan jembatan bandara simpang dusun")
)
_CERTAIN_SUFFIXES = NAME_SUFFIXES | SHORT_DIRECTIONS
_ADDRESS_WORDS = frozenset(
    split_words("rt rw no nomor blok gg gang kel kelurahan kec kecamatan kab kabupaten kota desa ds dsn jl jln")
)


class TextScan:
    """One text. `region_mentions` are by their first word; `claimed` marks words that belong to an entity."""

    __slots__ = (
        "address_end",
        "claimed",
        "ends",
        "entities",
        "gaps",
        "lower",
        "region_mentions",
        "starts",
        "text",
        "words",
    )

    def __init__(self, text: str, gazetteer: Gazetteer) -> None:
        tokens = Tokens(text)
        self.text, self.lower, self.words, self.gaps = text, tokens.lower, tokens.words, tokens.gaps
        self.starts, self.ends = tokens.starts, tokens.ends
        self.region_mentions: dict[int, RegionMention] = {
            mention.first: mention for mention in gazetteer.find_regions(tokens)
        }
        self.entities: list[Entity] = []
        self.claimed = bytearray(len(self.words))
        # The word after the last part of an address: only there a bare number is a house number.
        self.address_end = -1

    def add(self, kind: EntityKind, value: str, first: int, end: int, *, claims_words: bool = True) -> int:
        """Add an entity of the words from `first` to before `end`; return `end`.

        Where it does not claim its words, a region in its name is an entity too.
        """
        self.entities.append(Entity(kind, value, self.starts[first], self.ends[end - 1]))
        if claims_words:
            self.claimed[first:end] = b"\1" * (end - first)
        return end

    def add_span(self, kind: EntityKind, value: str, start: int, end: int) -> None:
        """Add an entity by its positions in the text and claim its words."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        self.entities.append(Entity(kind, value, start, end))
        self.claimed[first:last] = b"\1" * (last - first)

    def index_after(self, index: int, position: int) -> int:
        """Return the first word after `index` that ends behind this position of the text."""
        index += 1
        while index < len(self.words) and self.ends[index] <= position:
            index += 1
        return index

    def word(self, index: int) -> str:
        """Return the word in lower case; after the end of the text an empty string."""
        return self.words[index] if index < len(self.words) else ""

    def original_word(self, index: int) -> str:
        """Return the word in the letter case of the text."""
        return self.text[self.starts[index] : self.ends[index]]

    def gap_before(self, index: int) -> str:
        """Return the characters before a word; after the end of the text an empty string."""
        return self.gaps[index] if index < len(self.words) else ""

    def is_introduced(self, index: int) -> bool:
        """Return whether the word directly follows the word that introduces it.

        A full stop between the two is allowed after an abbreviation only.
        """
        if index >= len(self.words) or (gap := self.gaps[index]) not in _INTRODUCING_GAPS:
            return False
        previous = self.words[index - 1]
        return gap not in _FULL_STOPS or len(previous) <= _MAX_ABBREVIATION_LENGTH or previous in _LONG_ABBREVIATIONS

    def is_capitalised(self, index: int) -> bool:
        """Return whether the word begins with a capital."""
        return index < len(self.words) and self.text[self.starts[index]].isupper()

    def is_all_capitals(self, index: int) -> bool:
        """Return whether the word is all capitals, so that its first letter does not mark a name."""
        return len(self.words[index]) > 1 and self.original_word(index).isupper()

    def small_number(self, index: int) -> str:
        """Return a number of up to three digits, a Roman numeral or a number word as digits without leading zeros.

        An empty string is returned where the word is no such number.
        """
        word = self.word(index)
        if word.isdecimal() and word.isascii() and len(word) <= _MAX_SMALL_NUMBER_DIGITS:
            return word.lstrip("0")
        return ROMAN_NUMERALS.get(word, "") or NUMBERS.get(word, "")

    def name_may_begin(self, index: int, *, name_expected: bool) -> bool:
        """Return whether a name may begin here. `name_expected`: a name always follows the word before it."""
        word = self.word(index)
        if not word[:1].isalpha() or word in SHORT_DIRECTIONS:
            return False
        if word in NAME_LEADS and self.name_may_begin(index + 1, name_expected=name_expected):
            return True
        if word in NON_NAME_WORDS:
            return name_expected and word in _NAME_OPENERS and self.name_may_begin(index + 1, name_expected=False)
        return self.is_capitalised(index) or _may_be_name_in_lower_case(word, name_expected=name_expected)

    def name_end(self, first: int, max_words: int = _MAX_NAME_WORDS, *, stop_at_region: bool = False) -> int:
        """Return the index after a name that begins at `first`.

        `stop_at_region`: the name ends before any region. Otherwise only a certain region, or one of several words,
        ends it.
        """
        lead = self._first_full_word(first)
        all_capitals, capitalised = self.is_all_capitals(lead), self.is_capitalised(lead)
        # In a name in lower case, and in a text of capitals, a capital marks no further word of the name.
        case_marks_names = capitalised and not all_capitals
        if not case_marks_names:
            max_words = min(max_words, _MAX_UNMARKED_NAME_WORDS)
        has_same_case = self._case_rule(capitalised=capitalised, all_capitals=all_capitals)
        mention = self.region_mentions.get(first)
        end = mention.end if mention and not mention.typed else first + 1
        words, word_count = self.words, int(self.words[first] not in NAME_LEADS)
        while end < len(words) and word_count < max_words and self._is_joined(end):
            if not self._continues_name(
                end, has_same_case, case_marks_names=case_marks_names, stop_at_region=stop_at_region
            ):
                break
            word_count += words[end] not in NAME_LEADS
            end += 1
        return end

    def _first_full_word(self, first: int) -> int:
        """Return the first word of a name that is no title or initial: it shows the letter case of the name."""
        words, index = self.words, first
        while index + 1 < len(words) and words[index] in NAME_LEADS and self.gaps[index + 1] in _NAME_GAPS_AND_DOTS:
            index += 1
        return index

    def _is_joined(self, index: int) -> bool:
        """Return whether the gap before a word allows that both words are of one name, and no entity claimed it."""
        gap, previous = self.gaps[index], self.words[index - 1]
        is_short = len(previous) <= _MAX_ABBREVIATION_LENGTH or previous in NAME_LEADS
        return (gap in _NAME_GAPS or (gap in _DOTS and is_short)) and not self.claimed[index]

    def _continues_name(
        self,
        index: int,
        has_same_case: Callable[[int], bool],
        *,
        case_marks_names: bool,
        stop_at_region: bool,
    ) -> bool:
        word, previous = self.words[index], self.words[index - 1]
        # `Prof. Dr. HB. Jassin`: elsewhere, dr is short for dari.
        if word in _CERTAIN_SUFFIXES or TITLES.issuperset((word, previous)):
            return True
        if word in AMBIGUOUS_SUFFIXES and not (case_marks_names and self.is_capitalised(index)):
            return self.ends_phrase(index)
        if _is_never_in_name(word) or self._is_other_region(index, stop_at_region=stop_at_region):
            return False
        return previous in NAME_LEADS or (has_same_case(index) and not is_verb(word))

    def _case_rule(self, *, capitalised: bool, all_capitals: bool) -> Callable[[int], bool]:
        """Return the predicate for words in the same letter case as the beginning of the name."""
        if all_capitals:
            return self._is_name_word_in_capitals
        return self._is_capitalised_name_word if capitalised else self._is_name_word_in_lower_case

    def _is_name_word_in_capitals(self, index: int) -> bool:
        return self.original_word(index).isupper() and self.words[index] not in CAPITALISED_NAME_WORDS

    def _is_capitalised_name_word(self, index: int) -> bool:
        return self.is_capitalised(index) and not self.is_all_capitals(index)

    def _is_name_word_in_lower_case(self, index: int) -> bool:
        word = self.words[index]
        return word not in CAPITALISED_NAME_WORDS and not self.is_all_capitals(index) and len(word) > 1

    def _is_other_region(self, index: int, *, stop_at_region: bool) -> bool:
        """Return whether a region is mentioned here that is not a part of the name."""
        if self.words[index - 1] in _NAMESAKES:
            return False
        mention = self.region_mentions.get(index)
        return mention is not None and (stop_at_region or mention.certain or mention.end - index > 1)

    def ends_phrase(self, index: int) -> bool:
        """Return whether the word is the last of its phrase: no word of a sentence follows, or an address goes on."""
        following = index + 1
        if following >= len(self.words) or self.gaps[following] not in _NAME_GAPS:
            return True
        word = self.words[following]
        return (
            word in _ADDRESS_WORDS or word in NAME_SUFFIXES or following in self.region_mentions or not word.isalpha()
        )

    def canonical_name(self, first: int, end: int) -> str:
        """Return the words in the form in which names are compared."""
        return canonical_name(self.words[first:end], capital_end=self.original_word(end - 1).isupper())

    def begins_region(self, index: int) -> bool:
        """Return whether a region's name begins with this word."""
        return index in self.region_mentions

    def is_ordinary(self, index: int) -> bool:
        """Return whether the word is an ordinary word and no name."""
        return is_ordinary(self.words[index])


def _is_never_in_name(word: str) -> bool:
    return word in NON_NAME_WORDS or not word[0].isalpha()


def _may_be_name_in_lower_case(word: str, *, name_expected: bool) -> bool:
    if len(word) <= 1:
        return False
    return name_expected or not (word in CAPITALISED_NAME_WORDS or word in AMBIGUOUS_SUFFIXES or is_verb(word))


# A reader takes the scan and the index of a word; it returns the index to continue at, or 0 if it reads nothing.
EntityReader = Callable[[TextScan, int], int]


def by_keyword(readers: Mapping[EntityReader, str]) -> Mapping[str, EntityReader]:
    """Return the reader of each keyword; `readers` maps each reader to its keywords, written as one string."""
    return {keyword: reader for reader, keywords in readers.items() for keyword in split_words(keywords)}

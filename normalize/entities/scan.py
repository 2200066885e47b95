"""A text on its way through the readers: its words, the regions in it, what was found so far, and how a name ends.

A reader looks at one word and what follows; it adds what it finds and says at which word to go on.
"""

from bisect import bisect_left, bisect_right

from language.places.gazetteer import Gazetteer, RegionMention
from language.tokens import Tokens
from normalize.entities.common_words import ENDS, PLAIN, words
from normalize.entities.entity import Entity, EntityKind
from normalize.entities.name_words import (
    AMBIGUOUS_SUFFIXES,
    NAME_LEADS,
    NAME_SUFFIXES,
    NUMBERS,
    ROMAN_NUMERALS,
    SHORT_DIRECTIONS,
    TITLES,
    canonical,
    ordinary,
    verb,
)

# Between a word like jalan, RT, no and what it introduces.
_LINKS = frozenset((" ", "", ".", ". ", ":", ": ", " : ", " :", ".:", ".: ", " . ", "-", " - ", "=", " = ", "  "))
_STOPS = frozenset((". ", " . "))
_JOINS = frozenset((" ", "-", "'", "\u2019", "`"))
_DOTS = frozenset((".", ". "))
_LONGEST_ABBREVIATION = 3
_LONGEST_LOWER = 3
_ABBREVIATIONS = frozenset(("kacab", "kcab", "komp", "perum", "prov"))
# Behind them a region's name is that of the lake or hill: Jl. Danau Tondano lies anywhere.
_NAMED_AFTER = frozenset(words("danau gunung sungai teluk pulau selat bukit telaga"))
# Words that end a name, but begin those of many streets and villages.
_BEGINNINGS = frozenset(words("kampung kp masjid mesjid stasiun terminal pelabuhan jembatan bandara simpang dusun"))


class Scan:
    """One text; `mentions` are the regions by their first word, `taken` marks words that are part of something else."""

    __slots__ = ("address", "ends", "found", "gaps", "lower", "mentions", "starts", "taken", "text", "words")

    def __init__(self, text: str, gazetteer: Gazetteer) -> None:
        tokens = Tokens(text)
        self.text, self.lower, self.words, self.gaps = text, tokens.lower, tokens.words, tokens.gaps
        self.starts, self.ends = tokens.starts, tokens.ends
        self.mentions: dict[int, RegionMention] = {mention.first: mention for mention in gazetteer.find(tokens)}
        self.found: list[Entity] = []
        self.taken = bytearray(len(self.words))
        # The word after the last part of an address: only there a bare number is a house's.
        self.address = -1

    def add(self, kind: EntityKind, value: str, first: int, end: int, *, takes: bool = True) -> int:
        """Note a finding from word `first` to before `end`; returns `end`. `takes`: no region is named in it."""
        self.found.append(Entity(kind, value, self.starts[first], self.ends[end - 1]))
        if takes:
            self.taken[first:end] = b"\1" * (end - first)
        return end

    def spot(self, kind: EntityKind, value: str, start: int, end: int) -> None:
        """Note a finding by its place in the text; the words in it are read as nothing else."""
        first, last = bisect_right(self.ends, start), bisect_left(self.starts, end)
        self.found.append(Entity(kind, value, start, end))
        self.taken[first:last] = b"\1" * (last - first)

    def after(self, at: int, position: int) -> int:
        """The first word behind `at` that does not end before this position of the text."""
        at += 1
        while at < len(self.words) and self.ends[at] <= position:
            at += 1
        return at

    def word(self, at: int) -> str:
        """The word there; nothing after the end."""
        return self.words[at] if at < len(self.words) else ""

    def written(self, at: int) -> str:
        """The word as it is written."""
        return self.text[self.starts[at] : self.ends[at]]

    def gap(self, at: int) -> str:
        """What stands before the word at `at`; after the end nothing."""
        return self.gaps[at] if at < len(self.words) else ""

    def linked(self, at: int) -> bool:
        """Whether the word at `at` follows the one that introduces it; a full stop there only ends an abbreviation."""
        if at >= len(self.words) or (gap := self.gaps[at]) not in _LINKS:
            return False
        before = self.words[at - 1]
        return gap not in _STOPS or len(before) <= _LONGEST_ABBREVIATION or before in _ABBREVIATIONS

    def titled(self, at: int) -> bool:
        """Whether the word begins with a capital."""
        return at < len(self.words) and self.text[self.starts[at]].isupper()

    def shouted(self, at: int) -> bool:
        """Whether the word is all capitals, so that its first one says nothing."""
        return len(self.words[at]) > 1 and self.written(at).isupper()

    def number(self, at: int) -> str:
        """The small number there, in digits without leading zeros, however it is written; else nothing."""
        word = self.word(at)
        if word.isdecimal() and word.isascii() and len(word) <= 3:  # noqa: PLR2004 - a small number
            return word.lstrip("0")
        return ROMAN_NUMERALS.get(word, "") or NUMBERS.get(word, "")

    def begins(self, at: int, *, strong: bool) -> bool:
        """Whether a name may begin here. `strong`: what stands before it is always followed by one."""
        word = self.word(at)
        if not word or not word[0].isalpha() or word in SHORT_DIRECTIONS:
            return False
        if word in NAME_LEADS and self.begins(at + 1, strong=strong):
            return True
        if word in ENDS:
            return strong and word in _BEGINNINGS and self.begins(at + 1, strong=False)
        if self.titled(at):
            return True
        return len(word) > 1 and (strong or not (word in PLAIN or word in AMBIGUOUS_SUFFIXES or verb(word)))

    def name_end(self, at: int, most: int = 5, *, near: bool = False) -> int:
        """The word after a name that begins at `at`. `near`: where a district is named next, the name has ended."""
        words, lead = self.words, at
        # How it is written shows in its first whole word.
        while lead + 1 < len(words) and words[lead] in NAME_LEADS and self.gaps[lead + 1] in _JOINS | _DOTS:
            lead += 1
        shouted, titled = self.shouted(lead), self.titled(lead)
        most = most if titled and not shouted else min(most, _LONGEST_LOWER)
        counted = int(words[at] not in NAME_LEADS)
        mention = self.mentions.get(at)
        end = mention.end if mention and not mention.said else at + 1
        while end < len(words) and counted < most and self._goes_on(end, titled=titled, shouted=shouted, near=near):
            counted += words[end] not in NAME_LEADS
            end += 1
        return end

    def _goes_on(self, at: int, *, titled: bool, shouted: bool, near: bool) -> bool:
        word, before, gap = self.words[at], self.words[at - 1], self.gaps[at]
        short = len(before) <= _LONGEST_ABBREVIATION or before in NAME_LEADS
        if not (gap in _JOINS or (gap in _DOTS and short)) or self.taken[at]:
            return False
        # `Prof. Dr. HB. Jassin`: dr is short for dari elsewhere.
        if word in NAME_SUFFIXES or word in SHORT_DIRECTIONS or (word in TITLES and before in TITLES):
            return True
        if word in AMBIGUOUS_SUFFIXES and (shouted or not titled or not self.titled(at)):
            return self.closed(at)
        if word in ENDS or not word[0].isalpha() or (before not in _NAMED_AFTER and self._region(at, near=near)):
            return False
        if before in NAME_LEADS:
            return True
        return self._alike(at, titled=titled, shouted=shouted) and not verb(word)

    def _alike(self, at: int, *, titled: bool, shouted: bool) -> bool:
        """Whether a word is written as the name before it."""
        word = self.words[at]
        if shouted:
            return self.written(at).isupper() and word not in PLAIN
        if titled:
            return self.titled(at) and not (self.shouted(at) and len(word) > 1)
        return word not in PLAIN and not self.shouted(at) and len(word) > 1

    def closed(self, at: int) -> bool:
        """Whether nothing that belongs to a sentence follows a word: it stands at the end, or an address goes on."""
        following = at + 1
        if following >= len(self.words) or self.gaps[following] not in _JOINS:
            return True
        word = self.words[following]
        return word in _ADDRESS or word in NAME_SUFFIXES or following in self.mentions or not word.isalpha()

    def _region(self, at: int, *, near: bool) -> bool:
        mention = self.mentions.get(at)
        return mention is not None and (near or mention.sure or mention.end - at > 1)

    def canonical(self, first: int, end: int) -> str:
        """The words in the form in which they are compared."""
        return canonical(self.words[first:end], capital_end=self.written(end - 1).isupper())

    def known(self, at: int) -> bool:
        """Whether a region is named from this word on."""
        return at in self.mentions

    def ordinary(self, at: int) -> bool:
        """Whether the word is none that names something."""
        return ordinary(self.words[at])


_ADDRESS = frozenset(
    words("rt rw no nomor blok gg gang kel kelurahan kec kecamatan kab kabupaten kota desa ds dsn jl jln")
)

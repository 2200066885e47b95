"""The words of a text with what the reader of names must know of each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from language.masking.name_context import NO_NAMES, SELDOM_NAMES
from language.masking.person_names import AMBIGUOUS_NAMES, FAMILY_NAMES, NAME_PARTICLES, PERSON_NAMES

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019`-][^\W\d_]+){0,3}(?![\d_])")
_VERB = re.compile(
    r"(?:me(?:ng|m|n|ny|r|l)|ber|ter|di[a-z]|pe(?:ng|m|n|ny|r|l)|ke[a-z]{3,}an$)[a-z]{4,}|[a-z]{3,}(?:kan|nya|lah)"
)
_MIN_VERB_LENGTH = 7
_MIN_UNKNOWN_LENGTH = 3
# Share of capitals from which letter case says nothing: a text that was written with the caps-lock key on.
_SHOUTED = 0.7
# Between two words of a name: a space, or the full stop of an abbreviation.
_LONGEST_ABBREVIATION = 4
SURE_NAMES = PERSON_NAMES | FAMILY_NAMES
_ALL_NAMES = SURE_NAMES | AMBIGUOUS_NAMES


@dataclass(frozen=True, slots=True)
class NameWords:
    """Words in lower case, their spans, and if each begins with a capital letter that says something."""

    text: str
    lower: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    capitals: Sequence[bool]
    is_shouted: bool

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self.lower)

    def word(self, index: int) -> str:
        """Return a word in lower case; an empty string outside of the text."""
        return self.lower[index] if 0 <= index < len(self.lower) else ""

    def gap(self, index: int) -> str:
        """Return at most five characters before the word."""
        if not 0 < index < len(self.lower):
            return "\n"
        return self.text[self.ends[index - 1] : self.starts[index]][:5]

    def is_joined(self, index: int) -> bool:
        """Return True if the word may continue a name: a space before it, or a stop after an abbreviation."""
        gap = self.gap(index)
        if gap == " ":
            return True
        return gap in {". ", "."} and len(self.lower[index - 1]) <= _LONGEST_ABBREVIATION

    def is_name(self, index: int) -> bool:
        """Return True for a frequent name in its usual letter case."""
        return self.word(index) in SURE_NAMES and self.word(index) not in NO_NAMES

    def is_any_name(self, index: int) -> bool:
        """Return True for a frequent name, also one that is an ordinary word, and for a particle of names."""
        return self.word(index) in _ALL_NAMES or self.word(index) in NAME_PARTICLES

    def may_be_name(self, index: int, *, is_sure: bool) -> bool:
        """Return True if the word may be an unknown name. `is_sure`: the words before introduce a person surely."""
        word = self.word(index)
        if word in _ALL_NAMES:
            return word not in NO_NAMES or is_sure
        if not word or word in NO_NAMES or (word in SELDOM_NAMES and not (is_sure and self.capitals[index])):
            return False
        if len(word) >= _MIN_VERB_LENGTH and _VERB.match(word) and not self.capitals[index]:
            return False
        return len(word) >= _MIN_UNKNOWN_LENGTH or self.capitals[index]


def read_words(text: str) -> NameWords:
    """Return the words of a text."""
    matches = [*_WORD.finditer(text)]
    capital_count = sum(character.isupper() for character in text)
    is_shouted = capital_count > _SHOUTED * max(1, sum(character.isalpha() for character in text))
    return NameWords(
        text,
        [match.group().lower() for match in matches],
        [match.start() for match in matches],
        [match.end() for match in matches],
        [not is_shouted and match.group()[0].isupper() for match in matches],
        is_shouted,
    )

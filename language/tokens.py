"""The words and numbers of a text with their positions: names of places are searched in them."""

import re
from itertools import accumulate

_TOKEN = re.compile(r"([0-9]+|[^\W0-9_]+)")
# The same for plain letters in lower case, in half the time.
_ASCII_TOKEN = re.compile(r"([a-z]+|[0-9]+)")


class Tokens:
    """Words and numbers; `RT03` is two.

    `lower` is the text in lower case, letter by letter, and `words` are its words. `starts` and `ends` are positions
    in `text` and in `lower`. `gaps` are the characters before each word and, as the last one, after all words.
    """

    __slots__ = ("ends", "gaps", "lower", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = _lower_case(text)
        parts = (_ASCII_TOKEN if text.isascii() else _TOKEN).split(self.lower)
        ends = list(accumulate(map(len, parts)))
        self.words = parts[1::2]
        self.gaps = parts[0::2]
        self.starts = ends[0::2]
        self.ends = ends[1::2]

    def written(self, position: int) -> str:
        """Return a word as it is written."""
        return self.text[self.starts[position] : self.ends[position]]


def normalize_name(name: str) -> str:
    """Return the words of a name in lower case with single spaces."""
    return " ".join(_TOKEN.findall(name.lower()))


def _lower_case(text: str) -> str:
    """Return the text in lower case, letter by letter: İ would become two characters, so it stays."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(letter if len(letter.lower()) > 1 else letter.lower() for letter in text)

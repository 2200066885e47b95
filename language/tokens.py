"""The words of a text with their places in it: what names are looked for in."""

import re
from itertools import accumulate

_TOKEN = re.compile(r"([0-9]+|[^\W0-9_]+)")
# The same for plain letters in lower case: half the time.
_ASCII_TOKEN = re.compile(r"([a-z]+|[0-9]+)")


class Tokens:
    """The words and numbers of a text; `RT03` is two.

    `lower` is the text in lower case, letter by letter; `words` are of it; `starts` and `ends` lead into both; `gaps`
    are what stands before each word, and as the last, behind them all.
    """

    __slots__ = ("ends", "gaps", "lower", "starts", "text", "words")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lower = _lower(text)
        parts = (_ASCII_TOKEN if text.isascii() else _TOKEN).split(self.lower)
        ends = list(accumulate(map(len, parts)))
        self.words = parts[1::2]
        self.gaps = parts[0::2]
        self.starts = ends[0::2]
        self.ends = ends[1::2]

    def written(self, at: int) -> str:
        """The word as it is written."""
        return self.text[self.starts[at] : self.ends[at]]


def normalize_name(name: str) -> str:
    """The words of a name in lower case with single spaces."""
    return " ".join(_TOKEN.findall(name.lower()))


def _lower(text: str) -> str:
    """In lower case, letter by letter: one (İ) would become two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(one if len(one.lower()) > 1 else one.lower() for one in text)

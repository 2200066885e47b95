"""Ordinary words, at which a name in running text ends, and the reading of lists of words.

The lists in `word_lists/` have single words in lower case, and no sentence of any report.

Function words and their short forms are from `stop_words.txt` and `slang_words.json` of louisowen6/NLP_bahasa_resources
(MIT). The others are frequent in public complaints.
"""

from pathlib import Path

_LISTS = Path(__file__).parent / "word_lists"


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a list that is written as one string."""
    return tuple(text.split())


def read_words(name: str) -> tuple[str, ...]:
    """Return the words of a list of `word_lists/`."""
    return split_words((_LISTS / f"{name}.txt").read_text(encoding="utf-8"))


# Never part of a name.
NON_NAME_WORDS = frozenset(read_words("ordinary"))
# Part of a name where they are capitalised (“Jalan Harapan”); in lower case they end a name.
CAPITALISED_NAME_WORDS = frozenset(read_words("ordinary_in_names"))

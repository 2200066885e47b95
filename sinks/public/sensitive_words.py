"""Finds words that make a report sensitive. Pure.

It reads the words as they were written, in small letters, without stretched ones and without *-nya*. A phrase that is
found in vain costs an officer a look, a missed one makes a private matter public: when in doubt, the table has it.
"""

import re
from collections.abc import Callable, Iterable

_NO_WORD = re.compile(r"[^a-z0-9]+")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_POSSESSIVE = re.compile(r"(?<=[a-z]{3})(?:nya|ku|mu)\b")


def word_finder(phrases: Iterable[str]) -> Callable[[str], bool]:
    """Return the function that tells if a text has one of the phrases. `*` ends a word that may be longer."""
    patterns = [r"\b" + r"\s".join(_word_pattern(word) for word in phrase.split()) + r"\b" for phrase in phrases]
    pattern = re.compile("|".join(patterns) or r"(?!)")

    def has_phrase(text: str) -> bool:
        words = _STRETCHED.sub(r"\1", _NO_WORD.sub(" ", text.casefold()))
        return any(pattern.search(form) for form in (words, _POSSESSIVE.sub("", words)))

    return has_phrase


def _word_pattern(word: str) -> str:
    return re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "")

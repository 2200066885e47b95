"""Decides if the words before a word introduce a person: `pak`, `nama saya`, `a.n.`, `Kades`, `anak saya`."""

from collections.abc import Callable
from enum import IntEnum

from language.masking.name_context import (
    INTRODUCTIONS,
    OFFICES,
    OWNERS,
    REGIONAL_OFFICES,
    SALUTATIONS,
    SURE_INTRODUCTIONS,
)
from language.masking.name_words import NameWords

_GAPS = frozenset((" ", ": ", " : ", ":", " = ", "=", ", ", ". ", ".", " (", "\n", ":\n", ",\n", "; "))
_SALUTATION_GAPS = frozenset((" ", ". ", "."))
# Salutations that are also parts of other words or short forms of them.
_WEAK_SALUTATIONS = frozenset(("si", "pa", "ci", "ko", "ki", "h", "uni", "mama", "om", "dr"))
_NAME_LABELS = frozenset(("nama", "nm"))
_LABEL_LEADS = _NAME_LABELS | {"atas"}


class Strength(IntEnum):
    """Strength of an introduction. After a sure one an ordinary word may be a name: `Ibu Indah`."""

    NONE = 0
    PROBABLE = 1
    SURE = 2


# Returns the strength for the word at an index, after the word before it and the gap; `None` if the rule says nothing.
_Rule = Callable[[NameWords, int, str], Strength | None]


def introduction(words: NameWords, index: int) -> Strength:
    """Return how surely the words before `index` introduce a person."""
    before = words.word(index - 1)
    if not before or words.gap(index) not in _GAPS:
        return Strength.NONE
    return next((strength for rule in _RULES if (strength := rule(words, index, before)) is not None), Strength.NONE)


def _after_salutation(words: NameWords, index: int, before: str) -> Strength | None:
    if before not in SALUTATIONS:
        return None
    if words.gap(index) not in _SALUTATION_GAPS or words.lower[index] in OFFICES:
        return Strength.NONE
    if before in _WEAK_SALUTATIONS:
        is_name = words.capitals[index] or words.is_name(index) or (before == "pa" and words.is_any_name(index))
        return Strength.SURE if is_name else Strength.NONE
    return Strength.SURE


def _after_behalf(words: NameWords, index: int, before: str) -> Strength | None:
    """Read `a.n.`, `a/n` and `an`."""
    if before == "n" and words.word(index - 2) == "a":
        return Strength.SURE
    if before != "an":
        return None
    return Strength.SURE if _looks_like_name(words, index) else Strength.NONE


def _after_label(words: NameWords, index: int, before: str) -> Strength | None:
    """Read `nama:`, `nama saya`, `atas nama`."""
    word_before_that = words.word(index - 2)
    if before != "nama" and not (before in OWNERS and word_before_that in _NAME_LABELS):
        return None
    is_label = ":" in words.gap(index) or "=" in words.gap(index) or word_before_that in _LABEL_LEADS
    return Strength.SURE if is_label or _looks_like_name(words, index) else Strength.NONE


def _after_sure_word(_words: NameWords, _index: int, before: str) -> Strength | None:
    return Strength.SURE if before in SURE_INTRODUCTIONS else None


def _after_office(words: NameWords, index: int, before: str) -> Strength | None:
    """Read `Pak Lurah Sutrisno`. After a regional office a word that is no frequent name may be the region."""
    if before in OFFICES and words.word(index - 2) in SALUTATIONS and words.gap(index) == " ":
        if words.capitals[index] and words.is_any_name(index):
            return Strength.SURE
        is_probable = words.is_name(index) or (words.capitals[index] and before not in REGIONAL_OFFICES)
        return Strength.PROBABLE if is_probable else Strength.NONE
    if before in REGIONAL_OFFICES:
        return Strength.PROBABLE if words.is_name(index) else Strength.NONE
    return None


def _after_relative(words: NameWords, index: int, before: str) -> Strength | None:
    """Read `anak saya Dimas`."""
    if before not in OWNERS or words.word(index - 2) not in INTRODUCTIONS | SALUTATIONS:
        return None
    return Strength.PROBABLE if _looks_like_name(words, index) else Strength.NONE


def _after_any_introduction(words: NameWords, index: int, before: str) -> Strength | None:
    if before not in INTRODUCTIONS or ". " in words.gap(index):
        return None
    return Strength.PROBABLE if words.capitals[index] or words.is_name(index) else Strength.NONE


def _looks_like_name(words: NameWords, index: int) -> bool:
    return words.capitals[index] or words.is_any_name(index)


_RULES: tuple[_Rule, ...] = (
    _after_salutation,
    _after_behalf,
    _after_label,
    _after_sure_word,
    _after_relative,
    _after_office,
    _after_any_introduction,
)

"""Finds names of persons: after words that introduce a person, frequent names anywhere, and signatures.

Names of streets, institutions and regions stay. In doubt a word after an introduction is masked, and any other word
stays.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from language.masking.introductions import Strength, introduction
from language.masking.name_context import (
    CLOSINGS,
    DEGREES,
    PLACES,
    PLACES_OF_PERSONS,
    PREPOSITIONS_OF_PLACE,
    SALUTATIONS,
)
from language.masking.name_words import NameWords, read_words
from language.masking.person_names import NAME_PARTICLES
from language.masking.spans import Kind, PersonalSpan

_MAX_NAME_WORDS = 6
_MAX_LOWER_NAME_WORDS = 3
_MAX_PLACE_WORDS = 5
_MAX_LOWER_PLACE_WORDS = 2
_MAX_SIGNATURE_WORDS = 4
_AFTER_CLOSING = frozenset((" ", ", ", ". ", ".", ",\n", "\n", "\n\n", ".\n\n", ".\n", " -", ": ", ",\n\n"))
_LIST_GAPS = frozenset((", ", " & ", "&", "/", " / "))


def find_names(text: str, numbers: AbstractSet[int] = frozenset()) -> Iterator[PersonalSpan]:
    """Yield the names of persons. `numbers` are the starts of numbers of persons: a name may stand before one."""
    words = read_words(text)
    places = _places(words)
    index, end_of_last = 0, 0
    while index < len(words):
        end = 0 if index in places else _name_end(words, index, end_of_last, numbers)
        if not end:
            index += 1
            continue
        yield PersonalSpan(words.starts[index], words.ends[end - 1], Kind.NAME)
        index = end_of_last = end


def _name_end(words: NameWords, index: int, end_of_last: int, numbers: AbstractSet[int]) -> int:
    """Return the index after the name that begins at `index`; 0 if none does."""
    if words.lower[index] in SALUTATIONS and not _is_after_sure_cue(words, index):
        return 0
    if strength := introduction(words, index):
        return _run(words, index, is_sure=strength is Strength.SURE)
    if end_of_last and end_of_last in {index, index - 1} and _continues_list(words, index, end_of_last):
        return _run(words, index, is_sure=False)
    if _begins_frequent_name(words, index):
        return _run(words, index, is_sure=False)
    return _signature(words, index, numbers)


def _is_after_sure_cue(words: NameWords, index: int) -> bool:
    """Return True for a short name that is a salutation, too, directly after a salutation: `Pak Haji`."""
    return words.capitals[index] and words.word(index - 1) == "bernama"


def _continues_list(words: NameWords, index: int, end_of_last: int) -> bool:
    """Return True for a capitalised word in an enumeration after a name: `Irwan, Syaiful dan Lukman`."""
    if not (words.capitals[index] or words.is_name(index)):
        return False
    if index == end_of_last:
        return words.gap(index) in _LIST_GAPS and words.is_name(index)
    return words.word(index - 1) in {"dan", "serta"} and words.gap(index) == " " and words.gap(index - 1) in {" ", ", "}


def _begins_frequent_name(words: NameWords, index: int) -> bool:
    """Return True if a frequent name, or a particle or an ambiguous name before one, begins here."""
    is_place = words.word(index - 1) in PREPOSITIONS_OF_PLACE and words.gap(index) == " "
    if words.is_name(index):
        return not is_place
    has_case = words.capitals[index] or words.is_shouted
    if not words.is_joined(index + 1) or is_place:
        return False
    if words.is_any_name(index) and (has_case or words.lower[index] not in NAME_PARTICLES):
        return words.is_name(index + 1) and words.capitals[index] == words.capitals[index + 1]
    # A capitalised unknown word before a frequent name, inside a sentence.
    is_unknown = words.capitals[index] and words.may_be_name(index, is_sure=False) and words.gap(index) == " "
    return is_unknown and words.capitals[index + 1] and words.is_name(index + 1)


def _run(words: NameWords, index: int, *, is_sure: bool) -> int:
    """Return the index after the words of a name that begins at `index`; 0 if the first word is no name."""
    begins = words.may_be_name(index, is_sure=is_sure) or (is_sure and _is_abbreviation(words, index))
    if not (begins or _is_particle_of_name(words, index)):
        return 0
    is_capital = words.capitals[index]
    limit = _MAX_NAME_WORDS if is_capital else _MAX_LOWER_NAME_WORDS
    end = index + 1
    while (
        end < len(words)
        and end - index < limit
        and words.is_joined(end)
        and _goes_on(words, end, is_capital=is_capital)
    ):
        end += 1
    return end


def _is_particle_of_name(words: NameWords, index: int) -> bool:
    """Return True for `Ni` in `Ni Luh Ayu`: it is an ordinary word, too."""
    is_particle = words.capitals[index] and words.lower[index] in NAME_PARTICLES
    return is_particle and words.is_joined(index + 1) and words.is_name(index + 1)


def _is_abbreviation(words: NameWords, index: int) -> bool:
    return words.capitals[index] and len(words.lower[index]) <= 2  # noqa: PLR2004 - `M.`, `St.`


def _goes_on(words: NameWords, index: int, *, is_capital: bool) -> bool:
    """Return True if the word belongs to the name before it."""
    if is_capital:
        if words.lower[index] in {"bin", "binti"}:
            return True
        # May is a month and a frequent part of Chinese names.
        is_part = words.lower[index] == "mei" or words.may_be_name(index, is_sure=False)
        return words.capitals[index] and words.lower[index] not in PLACES and is_part
    return not words.capitals[index] and words.is_any_name(index)


def _signature(words: NameWords, index: int, numbers: AbstractSet[int]) -> int:
    """Return the end of a name at the end of the text, of a line before a number, or of a short line."""
    limit = index + _MAX_SIGNATURE_WORDS
    end = index
    while end < min(len(words), limit) and (end == index or words.is_joined(end)) and _may_sign(words, end, index):
        end += 1
    if end == index:
        return 0
    rest = words.text[words.ends[end - 1] :][:6]
    if _is_before_number(words.ends[end - 1], rest, numbers) and (words.capitals[index] or words.gap(index) == "\n"):
        return end
    is_at_end = (end == len(words) and not rest.strip(" .\n)!")) or (
        rest[:1] == "\n" and words.word(index - 1) in CLOSINGS
    )
    return end if is_at_end and _is_apart(words, index) else 0


def _may_sign(words: NameWords, index: int, first: int) -> bool:
    return (
        words.capitals[index] == words.capitals[first]
        and words.may_be_name(index, is_sure=False)
        and words.lower[index] not in PLACES
    )


def _is_before_number(end: int, rest: str, numbers: AbstractSet[int]) -> bool:
    gap = len(rest) - len(rest.lstrip(" (:,-"))
    return any(end + distance in numbers for distance in range(1, gap + 1))


def _is_apart(words: NameWords, index: int) -> bool:
    """Return True if a line, a closing or a full stop separates the last words from the text before them."""
    gap, before = words.gap(index), words.word(index - 1)
    if before in CLOSINGS | {"hormat"} or (before in {"saya", "kami"} and words.word(index - 2) == "hormat"):
        return gap in _AFTER_CLOSING
    is_separate = "\n" in gap or gap.rstrip().endswith((".", "-", "!", "?"))
    return bool(before) and is_separate and words.capitals[index]


def _places(words: NameWords) -> set[int]:
    """Return the indices of words that belong to the name of a street, a place or an institution."""
    places: set[int] = set()
    index = 0
    while index < len(words):
        if words.lower[index] in PLACES and not _is_head_of_village(words, index):
            end = _place_end(words, index)
            places.update(range(index, end))
            index = max(end, index + 1)
        else:
            index += 1
    return places


def _is_head_of_village(words: NameWords, index: int) -> bool:
    """Return True for `desa` in `Kepala Desa Sutrisno`."""
    return words.word(index - 1) == "kepala" and words.is_name(index + 1)


def _place_end(words: NameWords, marker: int) -> int:
    end = marker + 1
    is_of_person = words.lower[marker] in PLACES_OF_PERSONS
    while end < len(words) and end - marker <= _MAX_PLACE_WORDS and words.is_joined(end):
        word = words.lower[end]
        if word in SALUTATIONS and not (is_of_person or word in DEGREES - {"h", "hj", "haji"}):
            break
        is_part = (
            words.capitals[end] or word in PLACES or (not words.capitals[end] and _is_lower_part(words, end, marker))
        )
        if not is_part:
            break
        end += 1
    return end


def _is_lower_part(words: NameWords, index: int, marker: int) -> bool:
    """Return True for one of the first words after a word for a place in a text without capital letters."""
    return (index - marker <= _MAX_LOWER_PLACE_WORDS and words.may_be_name(index, is_sure=False)) or words.lower[
        index
    ] in DEGREES

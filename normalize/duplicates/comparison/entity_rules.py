"""Rules by which the values of one kind of entity agree or differ. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from language.places.gazetteer import regions_overlap
from normalize.entities.name_similarity import NameSimilarity, compare_person_names, compare_place_names

_NAME_KINDS = ("street", "alley", "village", "hamlet", "landmark", "unit", "branch", "name", "firm")
# Landmarks of which a text mostly names one of a type: two of them are two places.
PUBLIC_LANDMARKS = frozenset(
    ("puskesmas", "rs", "sd", "smp", "sma", "smk", "mts", "pasar", "terminal", "stasiun", "perumahan", "spbu", "halte")
)
# Kind of a masked number that no word says the kind of. In two texts that are no copies it may be of two kinds.
MASKED_NUMBER = "masked-number"
# A masked number that shows this many digits seldom fits a different number.
_MIN_SHOWN_DIGITS = 4
_BEST_FIRST: Sequence[NameSimilarity] = ("equal", "compatible", "unknown")


class DateParts(NamedTuple):
    """Year, month and day of a date; a part that the text does not give is empty."""

    year: str
    month: str
    day: str


def compare_values(
    kind: str, first: Collection[str], second: Collection[str], last_words: Collection[str] = ()
) -> NameSimilarity:
    """Return the best verdict of any two values; for public landmarks the worst of a type that each names once.

    Without a value on one side the verdict is `unknown`. `last_words` are the last words of the texts, which may be cut
    off: a name that ends in one of them is `unknown`.
    """
    if not first or not second:
        return "unknown"
    if kind in _RULES:
        return _RULES[kind](first, second)
    if not set(first).isdisjoint(second):
        return "equal"
    if kind not in _NAME_KINDS:
        return "conflict"
    best = _best_name_verdict(kind, first, second)
    if best != "conflict":
        return best
    is_cut = any(_is_cut_name(first_name, second_name, last_words) for first_name in first for second_name in second)
    return "unknown" if is_cut else "conflict"


def _best_name_verdict(kind: str, first: Collection[str], second: Collection[str]) -> NameSimilarity:
    if kind == "landmark" and not _landmark_types(first) & _landmark_types(second):
        return "unknown"
    verdicts = {_compare_names(kind, first_name, second_name) for first_name in first for second_name in second}
    return next((verdict for verdict in _BEST_FIRST if verdict in verdicts), "conflict")


def _is_cut_name(first: str, second: str, last_words: Collection[str]) -> bool:
    short, long = sorted((first, second), key=len)
    return long.startswith(short) and short.rpartition(" ")[2] in last_words


def _compare_names(kind: str, first: str, second: str) -> NameSimilarity:
    if kind == "name":
        return compare_person_names(first, second)
    if kind == "landmark":
        (first_type, _, first_name), (second_type, _, second_name) = first.partition(" "), second.partition(" ")
        return compare_place_names(first_name, second_name) if first_type == second_type else "conflict"
    return compare_place_names(first, second)


def _compare_public_landmarks(first: Collection[str], second: Collection[str]) -> NameSimilarity:
    for landmark_type in _landmark_types(first) & _landmark_types(second):
        first_names, second_names = (
            [name for name in names if name.partition(" ")[0] == landmark_type] for names in (first, second)
        )
        if len(first_names) == len(second_names) == 1:
            verdict = _compare_names("landmark", first_names[0], second_names[0])
            if verdict == "conflict":
                return "conflict"
    return "unknown"


def _landmark_types(landmarks: Iterable[str]) -> set[str]:
    return {landmark.partition(" ")[0] for landmark in landmarks}


def _compare_masked(first: Collection[str], second: Collection[str]) -> NameSimilarity:
    """Compare the digits that are shown, of numbers of one kind. Hidden digits neither agree nor differ."""
    verdicts: dict[str, set[NameSimilarity]] = defaultdict(set)
    for first_value in first:
        for second_value in second:
            (first_kind, _, first_digits), (second_kind, _, second_digits) = (
                first_value.partition(" "),
                second_value.partition(" "),
            )
            if first_kind == second_kind:
                verdicts[first_kind].add(_compare_shown_digits(first_digits, second_digits))
    if any("compatible" in verdicts_of_kind for verdicts_of_kind in verdicts.values()):
        return "compatible"
    return "conflict" if {"conflict"} in verdicts.values() else "unknown"


def _compare_single_masked(first: Collection[str], second: Collection[str]) -> NameSimilarity:
    """Compare numbers of an unknown kind: only if each complaint has one of them."""
    return _compare_masked(first, second) if len(first) == len(second) == 1 else "unknown"


def _compare_shown_digits(first: str, second: str) -> NameSimilarity:
    (first_head, _, first_rest), (second_head, _, second_rest) = first.partition("*"), second.partition("*")
    first_tail, second_tail = first_rest.rpartition("*")[2], second_rest.rpartition("*")[2]
    if not (_is_prefix(first_head, second_head) and _is_prefix(first_tail[::-1], second_tail[::-1])):
        return "conflict"
    shown_digits = min(len(first_head), len(second_head)) + min(len(first_tail), len(second_tail))
    return "compatible" if shown_digits >= _MIN_SHOWN_DIGITS else "unknown"


def _is_prefix(first: str, second: str) -> bool:
    return first.startswith(second) or second.startswith(first)


def _compare_areas(first: Collection[str], second: Collection[str]) -> NameSimilarity:
    """Compare districts by code and quarters by name. A code and a name cannot be compared: `unknown`."""
    pairs = [
        (first_value, second_value)
        for first_value in first
        for second_value in second
        if _is_code(first_value) is _is_code(second_value)
    ]
    if any(_is_one_area(first_value, second_value) for first_value, second_value in pairs):
        return "equal"
    has_codes_and_names = len({_is_code(value) for value in (*first, *second)}) > 1
    return "conflict" if pairs and not has_codes_and_names else "unknown"


def _is_code(area: str) -> bool:
    return area[0].isdecimal()


def _is_one_area(first: str, second: str) -> bool:
    if _is_code(first):
        codes = product(first.split("|"), second.split("|"))
        return any(regions_overlap(first_code, second_code) for first_code, second_code in codes)
    return compare_place_names(first, second) != "conflict"


def _compare_dates(first: Collection[str], second: Collection[str]) -> NameSimilarity:
    """Compare dates. A date with fewer parts (`2017-03`, `--03-12`, `---12`) agrees with one that has more."""
    agrees = any(_agrees_with(first_date, second_date) for first_date in first for second_date in second)
    return "compatible" if agrees else "conflict"


def _agrees_with(first: str, second: str) -> bool:
    parts = zip(date_parts(first), date_parts(second), strict=True)
    return all(first_part == second_part for first_part, second_part in parts if first_part and second_part)


def date_parts(value: str) -> DateParts:
    """Return the parts of a date in the form of ISO 8601; leading parts may be left out (`--03-12`, `---12`)."""
    if value.startswith("---"):
        return DateParts("", "", value[3:])
    if value.startswith("--"):
        month, _, day = value[2:].partition("-")
        return DateParts("", month, day)
    year, _, rest = value.partition("-")
    month, _, day = rest.partition("-")
    return DateParts(year, month, day)


_RULES: Mapping[str, Callable[[Collection[str], Collection[str]], NameSimilarity]] = {
    "public": _compare_public_landmarks,
    "area": _compare_areas,
    "masked": _compare_masked,
    MASKED_NUMBER: _compare_single_masked,
    "date": _compare_dates,
}

"""Rules by which the values of one kind of entity agree or differ. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from language.places.gazetteer import regions_overlap
from normalize.entities.name_similarity import NameSimilarity, compare_person_names, compare_place_names

_NAME_KINDS = ("street", "alley", "village", "hamlet", "landmark", "unit", "branch", "name")
# Landmarks of which a text mostly names one of a type: two of them are two places.
PUBLIC_LANDMARKS = frozenset(
    ("puskesmas", "rs", "sd", "smp", "sma", "smk", "mts", "pasar", "terminal", "stasiun", "perumahan", "spbu", "halte")
)
# A masked number that shows this many digits seldom fits a different number.
_MIN_SHOWN_DIGITS = 4
_BEST_FIRST: Sequence[NameSimilarity] = ("equal", "compatible", "unknown")


class DateParts(NamedTuple):
    """Year, month and day of a date; a part that the text does not give is empty."""

    year: str
    month: str
    day: str


def compare_values(
    kind: str, left: Collection[str], right: Collection[str], last_words: Collection[str] = ()
) -> NameSimilarity:
    """Return the best verdict of any two values; for public landmarks the worst of a type that each names once.

    `last_words` are the last words of the texts, which may be cut off: a name that ends in one of them is `unknown`.
    """
    if kind in _RULES:
        return _RULES[kind](left, right)
    if not set(left).isdisjoint(right):
        return "equal"
    if kind not in _NAME_KINDS:
        return "conflict"
    best = _best_name_verdict(kind, left, right)
    if best != "conflict":
        return best
    is_cut = any(_is_cut_name(left_name, right_name, last_words) for left_name in left for right_name in right)
    return "unknown" if is_cut else "conflict"


def _best_name_verdict(kind: str, left: Collection[str], right: Collection[str]) -> NameSimilarity:
    if kind == "landmark" and not _landmark_types(left) & _landmark_types(right):
        return "unknown"
    verdicts = {_compare_names(kind, left_name, right_name) for left_name in left for right_name in right}
    return next((verdict for verdict in _BEST_FIRST if verdict in verdicts), "conflict")


def _is_cut_name(left: str, right: str, last_words: Collection[str]) -> bool:
    short, long = sorted((left, right), key=len)
    return long.startswith(short) and short.rpartition(" ")[2] in last_words


def _compare_names(kind: str, left: str, right: str) -> NameSimilarity:
    if kind == "name":
        return compare_person_names(left, right)
    if kind == "landmark":
        (left_type, _, left_name), (right_type, _, right_name) = left.partition(" "), right.partition(" ")
        return compare_place_names(left_name, right_name) if left_type == right_type else "conflict"
    return compare_place_names(left, right)


def _compare_public_landmarks(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    for landmark_type in _landmark_types(left) & _landmark_types(right):
        left_names, right_names = (
            [name for name in names if name.partition(" ")[0] == landmark_type] for names in (left, right)
        )
        if len(left_names) == len(right_names) == 1:
            verdict = _compare_names("landmark", left_names[0], right_names[0])
            if verdict == "conflict":
                return "conflict"
    return "unknown"


def _landmark_types(landmarks: Iterable[str]) -> set[str]:
    return {landmark.partition(" ")[0] for landmark in landmarks}


def _compare_masked(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """Compare the digits that are shown, of numbers of one kind. Hidden digits neither agree nor differ."""
    verdicts: dict[str, set[NameSimilarity]] = defaultdict(set)
    for left_value in left:
        for right_value in right:
            (left_kind, _, left_digits), (right_kind, _, right_digits) = (
                left_value.partition(" "),
                right_value.partition(" "),
            )
            if left_kind == right_kind and left_kind != "number":
                verdicts[left_kind].add(_compare_shown_digits(left_digits, right_digits))
    if any("compatible" in verdicts_of_kind for verdicts_of_kind in verdicts.values()):
        return "compatible"
    return "conflict" if {"conflict"} in verdicts.values() else "unknown"


def _compare_shown_digits(left: str, right: str) -> NameSimilarity:
    (left_head, _, left_rest), (right_head, _, right_rest) = left.partition("*"), right.partition("*")
    left_tail, right_tail = left_rest.rpartition("*")[2], right_rest.rpartition("*")[2]
    if not (_is_prefix(left_head, right_head) and _is_prefix(left_tail[::-1], right_tail[::-1])):
        return "conflict"
    shown_digits = min(len(left_head), len(right_head)) + min(len(left_tail), len(right_tail))
    return "compatible" if shown_digits >= _MIN_SHOWN_DIGITS else "unknown"


def _is_prefix(left: str, right: str) -> bool:
    return left.startswith(right) or right.startswith(left)


def _compare_areas(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """Compare districts by code and quarters by name. A code and a name cannot be compared: `unknown`."""
    comparable_lists = []
    for is_code in (True, False):
        left_values, right_values = (
            [value for value in values if value[0].isdecimal() is is_code] for values in (left, right)
        )
        if any(_is_one_area(left_value, right_value) for left_value in left_values for right_value in right_values):
            return "equal"
        comparable_lists.append(bool(left_values and right_values))
    has_codes_and_names = len({value[0].isdecimal() for value in (*left, *right)}) > 1
    return "conflict" if any(comparable_lists) and not has_codes_and_names else "unknown"


def _is_one_area(left: str, right: str) -> bool:
    if left[0].isdecimal():
        return any(
            regions_overlap(left_code, right_code) for left_code in left.split("|") for right_code in right.split("|")
        )
    return compare_place_names(left, right) != "conflict"


def _compare_dates(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """Compare dates. A date with fewer parts (`2017-03`, `--03-12`, `---12`) agrees with one that has more."""
    agrees = any(_agrees_with(left_date, right_date) for left_date in left for right_date in right)
    return "compatible" if agrees else "conflict"


def _agrees_with(left: str, right: str) -> bool:
    parts = zip(date_parts(left), date_parts(right), strict=True)
    return all(left_part == right_part for left_part, right_part in parts if left_part and right_part)


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
    "date": _compare_dates,
}

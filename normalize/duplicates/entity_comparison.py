"""What two complaints name: in what they agree, and in what they can't be about the same. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from language.places.gazetteer import regions_overlap
from normalize.duplicates.comparable import Comparable, Named
from normalize.entities.name_similarity import NameSimilarity, compare_person_names, compare_place_names

# What stands at one spot, what is around it, whom or what it is known by.
SPOTS = frozenset({"street", "alley", "landmark", "hamlet", "block", "km"})
AREAS = frozenset({"village", "area", "branch"})
HOUSES = frozenset({"rt", "rw", "block", "house"})
PERSONS = frozenset({"id", "name", "phone", "email", "masked"})
SAYS_WHERE = SPOTS | AREAS | HOUSES | PERSONS
# Where both say one of these and no value agrees, they are two matters.
_TELLING_PLACES = ("street", "alley", "village", "hamlet", "block", "km")
# The same where people write them; a map puts two telephones at one hole beside two houses.
_CLOSE = ("rt", "rw", "house", "area")
_NAMES = ("street", "alley", "village", "hamlet", "landmark", "unit", "branch", "name")
# Landmarks whose sort one text mostly names once: two of them are two places.
_PUBLIC = frozenset(
    ("puskesmas", "rs", "sd", "smp", "sma", "smk", "mts", "pasar", "terminal", "stasiun", "perumahan", "spbu", "halte")
)
# Numbers of a person or a thing. Who writes may have two telephones, but a card is somebody's.
_IDENTIFIERS = frozenset(
    ("nik", "kk", "bpjs", "kpj", "npwp", "idpel", "meter", "account", "plate", "tracking", "reference", "number")
)
_CONTACTS = frozenset(("phone", "email"))
# A day told from the day of writing, whom the text is addressed to.
_TELLS_NOTHING = frozenset({"when", "mention", "url", "measure", "time"})
_REGIONS = ("district", "city", "province")
# So many digits of a number are seldom another's.
_ENOUGH_SHOWN = 4


@dataclass(frozen=True, slots=True)
class EntityComparison:
    """Kinds of what is named in both: `equal` where a value agrees, `conflict` where none does.

    `apart` are kinds that differ in the fields for the place alone, where a map may have filled them. `regions` says
    how the regions stand to each other: `conflict` where both texts name one and none lies in the other, `fields` where
    only the fields do, `equal`, or nothing.
    """

    equal: frozenset[str]
    conflict: frozenset[str]
    apart: frozenset[str]
    regions: str


def compare_entities(a: Comparable, b: Comparable) -> EntityComparison:
    """What two complaints name in their texts and in the fields for the place."""
    cut = frozenset(one.words[-1] for one in (a, b) if one.words)
    left, right = _by_kind(a.named), _by_kind(b.named)
    left_all, right_all = _joined(left, _by_kind(a.located)), _joined(right, _by_kind(b.located))
    equal, conflict, apart = set(), set(), set()
    for kind in left_all.keys() & right_all.keys():
        said = _agree(kind, left[kind], right[kind], cut) if kind in left and kind in right else "unknown"
        anywhere = _agree(kind, left_all[kind], right_all[kind], cut)
        if kind == "street" and "conflict" in {said, anywhere} and _one_road(a, b):
            continue
        if said == "conflict" or (anywhere == "conflict" and kind not in _CLOSE):
            conflict.add(kind)
        elif anywhere == "conflict":
            apart.add(kind)
        elif anywhere in {"equal", "compatible"}:
            equal.add(kind)
    if not _numbers(left).isdisjoint(_numbers(right)):
        equal.add("id")
    if _districts(a.named) & _districts((*b.named, *b.located)) or _districts(a.located) & _districts(b.named):
        equal.add("district")
    if _meet(_codes(a.named), _codes(b.named)):
        equal.add("region")
    return EntityComparison(frozenset(equal), frozenset(conflict), frozenset(apart), _regions(a, b))


def _one_road(a: Comparable, b: Comparable) -> bool:
    """Whether two streets may be one: a road between two places, or one that a map put into another.

    Each speaks of the other's, or one does whose own text calls nothing a street: Jalan Thamrin in the direction of
    Sudirman is not Jalan Sudirman.
    """
    there, back = _speaks_of(a, b), _speaks_of(b, a)
    return (there and back) or (there and not _streets(a.named)) or (back and not _streets(b.named))


def _speaks_of(one: Comparable, other: Comparable) -> bool:
    """Whether one names the other's street, by a name that is no word like others, without calling it a street."""
    said = {*one.title, *one.words, *one.place}
    names = (street.split() for street in _streets((*other.named, *other.located)))
    return any(said.issuperset(words) and not other.fine.isdisjoint(words) for words in names)


def _streets(named: Iterable[Named]) -> list[str]:
    return [value for kind, value in named if kind == "street"]


def conflicting_place(compared: EntityComparison) -> str:
    """The kind of place in which two complaints differ, if they do: they are never about the same matter then."""
    if compared.regions == "conflict":
        return "region"
    return next((kind for kind in (*_TELLING_PLACES, *_CLOSE, "branch", "public") if kind in compared.conflict), "")


def names_two_persons(compared: EntityComparison) -> bool:
    """Whether they name two persons or two of a person's numbers, and nothing that is one person's."""
    if "id" in compared.equal:
        return False
    if compared.conflict & _IDENTIFIERS or ("masked" in compared.conflict and "name" not in compared.equal):
        return True
    return bool(_CONTACTS & compared.conflict or ("name" in compared.conflict and not _CONTACTS & compared.equal))


def _by_kind(named: Iterable[Named]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for kind, value in named:
        if kind == "date" and not _dated(value)[2]:
            continue
        if kind not in _TELLS_NOTHING and kind not in _REGIONS:
            found[kind].add(value)
        if kind == "landmark" and value.partition(" ")[0] in _PUBLIC:
            found["public"].add(value)
    return dict(found)


def _numbers(named: Mapping[str, set[str]]) -> set[str]:
    """A number of unknown kind is equal to one that the other calls by its kind."""
    return {number for kind in _IDENTIFIERS & named.keys() for number in named[kind]}


def _joined(said: Mapping[str, set[str]], located: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    return {kind: said.get(kind, set()) | located.get(kind, set()) for kind in said.keys() | located.keys()}


def _agree(kind: str, left: Collection[str], right: Collection[str], cut: Collection[str]) -> NameSimilarity:
    """The best of any two values; of public landmarks the worst of a sort that both name once.

    `cut` are the last words of either text, which may be torn off: nothing is known of a name that ends with one.
    """
    if kind in _RULES:
        return _RULES[kind](left, right)
    if not set(left).isdisjoint(right):
        return "equal"
    if kind not in _NAMES:
        return "conflict"
    best = _best(kind, left, right)
    torn = best == "conflict" and any(_torn(one, other, cut) for one in left for other in right)
    return "unknown" if torn else best


def _best(kind: str, left: Collection[str], right: Collection[str]) -> NameSimilarity:
    if kind == "landmark" and not _sorts(left) & _sorts(right):
        return "unknown"
    found = {_names(kind, one, other) for one in left for other in right}
    return next((verdict for verdict in _BETTER if verdict in found), "conflict")


def _torn(one: str, other: str, cut: Collection[str]) -> bool:
    short, long = sorted((one, other), key=len)
    return long.startswith(short) and short.rpartition(" ")[2] in cut


def _names(kind: str, one: str, other: str) -> NameSimilarity:
    if kind == "name":
        return compare_person_names(one, other)
    if kind == "landmark":
        (sort, _, name), (their_sort, _, their_name) = one.partition(" "), other.partition(" ")
        return compare_place_names(name, their_name) if sort == their_sort else "conflict"
    return compare_place_names(one, other)


def _public(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    for sort in _sorts(left) & _sorts(right):
        one, other = ([name for name in names if name.partition(" ")[0] == sort] for names in (left, right))
        if len(one) == len(other) == 1 and _names("landmark", one[0], other[0]) == "conflict":
            return "conflict"
    return "unknown"


def _masked(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """What is hidden is neither equal nor different; what is shown may be, of two numbers of one kind."""
    verdicts: dict[str, set[NameSimilarity]] = defaultdict(set)
    for one in left:
        for other in right:
            (kind, _, mine), (their_kind, _, theirs) = one.partition(" "), other.partition(" ")
            if kind == their_kind and kind != "number":
                verdicts[kind].add(_shown(mine, theirs))
    if any("compatible" in found for found in verdicts.values()):
        return "compatible"
    return "conflict" if {"conflict"} in verdicts.values() else "unknown"


def _shown(one: str, other: str) -> NameSimilarity:
    (head, _, tail), (their_head, _, their_tail) = one.partition("*"), other.partition("*")
    tail, their_tail = tail.rpartition("*")[2], their_tail.rpartition("*")[2]
    if not (_starts(head, their_head) and _starts(tail[::-1], their_tail[::-1])):
        return "conflict"
    shown = min(len(head), len(their_head)) + min(len(tail), len(their_tail))
    return "compatible" if shown >= _ENOUGH_SHOWN else "unknown"


def _starts(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _sorts(landmarks: Iterable[str]) -> set[str]:
    return {landmark.partition(" ")[0] for landmark in landmarks}


def _areas(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """Districts by their codes, quarters by their words; what one calls by code and the other by words is unknown."""
    known = False
    for coded in (True, False):
        ours, theirs = ([value for value in values if value[0].isdecimal() is coded] for values in (left, right))
        if any(_one_area(one, other) for one in ours for other in theirs):
            return "equal"
        known |= bool(ours and theirs)
    mixed = len({value[0].isdecimal() for value in (*left, *right)}) > 1
    return "conflict" if known and not mixed else "unknown"


def _one_area(one: str, other: str) -> bool:
    if one[0].isdecimal():
        return _meet(one.split("|"), other.split("|"))
    return compare_place_names(one, other) in {"equal", "compatible", "unknown"}


def _dates(left: Collection[str], right: Collection[str]) -> NameSimilarity:
    """A date that says less (`2017-03`, `--03-12`, `---12`) agrees with one that says more."""
    return "compatible" if any(_date(one, other) for one in left for other in right) else "conflict"


def _date(one: str, other: str) -> bool:
    return all(mine == theirs for mine, theirs in zip(_dated(one), _dated(other), strict=True) if mine and theirs)


def _dated(value: str) -> tuple[str, str, str]:
    """Year, month and day, as far as they are said."""
    if value.startswith("---"):
        return "", "", value[3:]
    if value.startswith("--"):
        month, _, day = value[2:].partition("-")
        return "", month, day
    year, _, rest = value.partition("-")
    month, _, day = rest.partition("-")
    return year, month, day


def _regions(a: Comparable, b: Comparable) -> str:
    left, right = _codes((*a.named, *a.located)), _codes((*b.named, *b.located))
    if not left or not right:
        return ""
    said, other = _codes(a.named), _codes(b.named)
    if said and other and not _meet(said, other):
        return "conflict"
    return "equal" if _meet(left, right) else "fields"


def _districts(named: Iterable[Named]) -> set[str]:
    """Districts by name, sure or not: it counts where a text says it, for a map says it of every address."""
    return {value for kind, value in named if kind in {"district", "area"}}


def _codes(named: Iterable[Named]) -> set[str]:
    """The codes of the regions that are named, without those that only hold others which are named as well."""
    named_ones = {value for kind, value in named if kind in _REGIONS and value[0].isdecimal()}
    regions = [value.split("|") for value in named_ones]
    return {code for one in regions if not any(_holds(one, other) for other in regions) for code in one}


def _holds(wide: Collection[str], narrow: Collection[str]) -> bool:
    return wide != narrow and all(any(code.startswith(f"{whole}.") for whole in wide) for code in narrow)


def _meet(left: Collection[str], right: Collection[str]) -> bool:
    return any(regions_overlap(one, other) for one in left for other in right)


_BETTER: Sequence[NameSimilarity] = ("equal", "compatible", "unknown")
_RULES: Mapping[str, Callable[[Collection[str], Collection[str]], NameSimilarity]] = {
    "public": _public,
    "area": _areas,
    "masked": _masked,
    "date": _dates,
}

"""What two complaints name: in what they agree, and in what they can't be about the same. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from language.gazetteer import related
from normalize.duplicates.matter import Matter, Named
from normalize.findings.alike import same_person, same_place

# Where both say one of these and no value agrees, they are two matters.
_TELLING_PLACES = ("street", "alley", "village", "hamlet", "rt", "rw", "block", "house", "km")
_WORDS = ("street", "alley", "village", "hamlet", "landmark", "unit", "branch", "name")
_IDENTIFIERS = (
    *("nik", "kk", "bpjs", "kpj", "npwp", "idpel", "meter", "account", "phone", "email", "plate", "tracking"),
    *("reference", "number"),
)
# A number that hides its middle, a day told from the day of writing, whom the text is addressed to.
_TELLS_NOTHING = frozenset({"masked", "when", "mention"})
_MAY_BE = frozenset({"equal", "compatible"})
_REGIONS = ("district", "city", "province")


@dataclass(frozen=True, slots=True)
class Compared:
    """Kinds of what is named in both: `equal` where a value agrees, `conflict` where none does.

    `regions` says how the regions stand to each other: `conflict` where both texts name one and none lies in the other,
    `fields` where only the fields for the place do (they are often wrong), `equal`, or nothing.
    """

    equal: frozenset[str]
    conflict: frozenset[str]
    regions: str


def compare_named(a: Matter, b: Matter) -> Compared:
    """What two complaints name in their texts and in the fields for the place."""
    left, right = _by_kind((*a.named, *a.located)), _by_kind((*b.named, *b.located))
    equal, conflict = set(), set()
    for kind in (left.keys() & right.keys()) - _TELLS_NOTHING:
        if _agree(kind, left[kind], right[kind]):
            equal.add(kind)
        elif kind != "landmark" or _sorts(left[kind]) & _sorts(right[kind]):
            conflict.add(kind)
    if equal & {"id"}:
        conflict.discard("name")
    return Compared(frozenset(equal), frozenset(conflict), _regions(a, b))


def two_places(compared: Compared) -> str:
    """The kind of place in which two complaints differ, if they do: they are never about the same matter then."""
    if compared.regions == "conflict":
        return "region"
    return next((kind for kind in _TELLING_PLACES if kind in compared.conflict), "")


def _by_kind(named: Iterable[Named]) -> Mapping[str, set[str]]:
    found = defaultdict(set)
    for kind, value in named:
        if kind in _IDENTIFIERS:
            found["id"].add(value)
        elif kind not in _REGIONS:
            found[kind].add(value)
    return found


def _agree(kind: str, left: set[str], right: set[str]) -> bool:
    if left & right:
        return True
    same = same_person if kind == "name" else same_place
    return kind in _WORDS and any(same(one, other) in _MAY_BE for one in left for other in right)


def _sorts(landmarks: set[str]) -> set[str]:
    return {landmark.partition(" ")[0] for landmark in landmarks}


def _regions(a: Matter, b: Matter) -> str:
    left, right = _codes((*a.named, *a.located)), _codes((*b.named, *b.located))
    if not left or not right:
        return ""
    if _meet(left, right):
        return "equal"
    said, other = _codes(a.named), _codes(b.named)
    return "conflict" if said and other and not _meet(said, other) else "fields"


def _codes(named: Iterable[Named]) -> set[str]:
    return {code for kind, value in named if kind in _REGIONS for code in value.split("|") if code[0].isdecimal()}


def _meet(left: set[str], right: set[str]) -> bool:
    return any(related(one, other) for one in left for other in right)

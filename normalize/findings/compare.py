"""Says, sort by sort, whether what two reports say can be of one matter. Pure; what follows is decided elsewhere.

The verdicts are mechanical: that two reports name other amounts or dates is a conflict of amounts or dates, and may
still be one matter told on different days.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from language.gazetteer import related
from normalize.findings.alike import Verdict, same_person, same_place, same_street
from normalize.findings.finding import Finding, Kind
from normalize.findings.numbers import IDENTIFIERS

# One verdict for province, city, district and area together: a district is compatible with its city.
REGION = "region"
_REGIONS = frozenset((Kind.DISTRICT, Kind.CITY, Kind.PROVINCE, Kind.AREA))
Codes = frozenset[str]
Rule = Callable[[AbstractSet[str], AbstractSet[str]], Verdict]


def compare(one: Iterable[Finding], other: Iterable[Finding]) -> dict[str, Verdict]:
    """A verdict for each kind (or `REGION`) that either side speaks of.

    `equal`: both say the same. `compatible`: they share something, or one is within the other. `conflict`: both say
    something, and nothing of it agrees. `unknown`: one side is silent, or it can't be told.
    """
    mine, theirs = _Side(one), _Side(other)
    _settle_numbers(mine.values, theirs.values)
    verdicts: dict[str, Verdict] = {}
    for kind in Kind:
        ours, others = mine.values.get(kind), theirs.values.get(kind)
        if ours and others:
            verdicts[kind] = _RULES.get(kind, _same)(ours, others)
        elif ours or others:
            verdicts[kind] = "unknown"
    if mine.regions or theirs.regions or mine.areas or theirs.areas:
        verdicts[REGION] = _regions(mine, theirs)
    return verdicts


class _Side:
    """What one report says: `values` by kind, and the codes of `regions` and `areas` that are named."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.values: dict[Kind, set[str]] = defaultdict(set)
        named: dict[bool, set[Codes]] = {True: set(), False: set()}
        for kind, value, *_ in findings:
            # A district that no list knows has words for codes, and is compared as any name.
            if kind in _REGIONS and value[0].isdecimal():
                named[kind is not Kind.AREA].add(frozenset(value.split("|")))
            else:
                self.values[kind].add(value)
        self.regions, self.areas = _narrowest(named[True]), named[False]


def _narrowest(regions: Collection[Codes]) -> set[Codes]:
    """Without those that only hold others which are named as well: of a city and its district, the district."""
    return {wide for wide in regions if not any(_holds(wide, narrow) for narrow in regions)}


def _holds(wide: Codes, narrow: Codes) -> bool:
    return wide != narrow and all(any(code.startswith(f"{whole}.") for whole in wide) for code in narrow)


def _regions(mine: _Side, theirs: _Side) -> Verdict:
    if mine.regions and theirs.regions:
        return _places(mine.regions, theirs.regions)
    if mine.areas and theirs.areas and not (mine.regions or theirs.regions):
        return _places(mine.areas, theirs.areas)
    # An area may be a quarter of the same name elsewhere: that it lies apart proves nothing.
    ours, others = mine.regions | mine.areas, theirs.regions | theirs.areas
    return "compatible" if any(_related(one, other) for one in ours for other in others) else "unknown"


def _places(ours: Collection[Codes], others: Collection[Codes]) -> Verdict:
    if ours == others:
        # What stands for several places may mean another one each time.
        return "equal" if all(len(codes) == 1 for codes in ours) else "compatible"
    return "compatible" if any(_related(one, other) for one in ours for other in others) else "conflict"


def _related(ours: Codes, others: Codes) -> bool:
    return any(related(one, other) for one in ours for other in others)


def _settle_numbers(mine: dict[Kind, set[str]], theirs: dict[Kind, set[str]]) -> None:
    """A number of unknown kind that the other side calls by its kind is of that kind."""
    for ours, others in ((mine, theirs), (theirs, mine)):
        for kind in IDENTIFIERS:
            if shared := ours.get(Kind.NUMBER, set()) & others.get(kind, set()):
                ours[Kind.NUMBER] -= shared
                ours[kind] |= shared


def _same(ours: AbstractSet[str], others: AbstractSet[str]) -> Verdict:
    if ours == others:
        return "equal"
    return "conflict" if ours.isdisjoint(others) else "compatible"


def _by_pairs(same: Callable[[str, str], Verdict]) -> Rule:
    """The rule for values of which any two may be alike: equal if each has its equal, else the best of any pair."""

    def rule(ours: AbstractSet[str], others: AbstractSet[str]) -> Verdict:
        pairs = {(one, other): same(one, other) for one in ours for other in others}
        found = set(pairs.values())
        matched = {one for (one, _), verdict in pairs.items() if verdict == "equal"}
        answered = {other for (_, other), verdict in pairs.items() if verdict == "equal"}
        if matched == ours and answered == others:
            return "equal"
        if found & {"equal", "compatible"}:
            return "compatible"
        return "unknown" if "unknown" in found else "conflict"

    return rule


def _landmark(one: str, other: str) -> Verdict:
    """Two landmarks of different sorts may stand beside each other; two schools are one or two."""
    (mine, _, name), (theirs, _, their_name) = one.partition(" "), other.partition(" ")
    if mine != theirs:
        return "unknown"
    return same_place(name, their_name)


def _date(one: str, other: str) -> Verdict:
    """A date that says less (`2017-03`, `--03-12`, `---12`) agrees with one that says more."""
    agreed = all(mine == theirs for mine, theirs in zip(_dated(one), _dated(other), strict=True) if mine and theirs)
    if one == other:
        return "equal"
    return "compatible" if agreed else "conflict"


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


def _measure(one: str, other: str) -> Verdict:
    """Hours and metres tell nothing of each other."""
    if one == other:
        return "equal"
    return "conflict" if one.rpartition(" ")[2] == other.rpartition(" ")[2] else "unknown"


def _masked(one: str, other: str) -> Verdict:
    """What is hidden is never equal; what is shown may differ, of two numbers of the same kind."""
    (kind, _, mine), (their_kind, _, theirs) = one.partition(" "), other.partition(" ")
    if kind != their_kind or kind == Kind.NUMBER:
        return "unknown"
    heads, tails = zip(_shown(mine), _shown(theirs), strict=True)
    agree = _starts(*heads) and _starts(tails[0][::-1], tails[1][::-1])
    return "unknown" if agree else "conflict"


def _shown(masked: str) -> tuple[str, str]:
    return masked.partition("*")[0], masked.rpartition("*")[2]


def _starts(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _partly(ours: AbstractSet[str], others: AbstractSet[str]) -> Verdict:
    """What is mentioned besides the matter: that it differs proves nothing."""
    verdict = _same(ours, others)
    return "unknown" if verdict == "conflict" else verdict


def _untold(_ours: AbstractSet[str], _others: AbstractSet[str]) -> Verdict:
    """It counts from the day of writing, which is not known here."""
    return "unknown"


_NAMED = (Kind.ALLEY, Kind.HAMLET, Kind.VILLAGE, Kind.DISTRICT, Kind.AREA, Kind.BRANCH)
_RULES: Mapping[Kind, Rule] = {
    Kind.STREET: _by_pairs(same_street),
    **dict.fromkeys(_NAMED, _by_pairs(same_place)),
    **dict.fromkeys((Kind.LANDMARK, Kind.UNIT), _by_pairs(_landmark)),
    Kind.NAME: _by_pairs(same_person),
    Kind.DATE: _by_pairs(_date),
    Kind.MEASURE: _by_pairs(_measure),
    Kind.MASKED: _by_pairs(_masked),
    **dict.fromkeys((Kind.MENTION, Kind.URL), _partly),
    Kind.WHEN: _untold,
}

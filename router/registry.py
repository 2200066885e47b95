"""The agencies, units and rules an operator keeps in CSV files, checked as a whole before anything goes by them."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.slang import load_slang
from language.atlas import Atlas
from language.phrases import PhraseIndex, normal
from language.words import Words
from router import agencies as institutions
from router.agencies import TRIAGE, Agency, agency_faults, load_agencies, phrases
from router.resolving import Resolution, Resolver
from router.tables import RegistryError, rows, several
from router.units import Unit, Units, load_units, unit_faults

__all__ = ["TRIAGE", "Agency", "Registry", "RegistryError", "Resolution", "Rule", "load_registry"]

_FILES = ("agencies.csv", "rules.csv", "units.csv")
_RULE_COLUMNS = frozenset(("id", "phrases", "agency", "basis"))


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing or programme that is one institution's alone: it names the institution. `basis` is the law."""

    id: str
    phrases: tuple[str, ...]
    agency: str
    basis: str


@dataclass(frozen=True, slots=True)
class Registry:
    """`agencies` have a queue each; `former` are no more and have none.

    `version` is a digest of the files: every dispatch names what it was decided by.

    `named` finds institutions: by their own names, their nationwide units, and their former names. What became one
    institution is that one; what became several is the former one, whose `successors` the topic decides between.
    """

    agencies: Mapping[str, Agency]
    former: Mapping[str, Agency]
    rules: tuple[Rule, ...]
    version: str
    named: PhraseIndex[Agency]
    ruled: PhraseIndex[Rule]
    placed: PhraseIndex[tuple[Agency, ...]]
    units: Units
    resolver: Resolver

    def name_of(self, code: str) -> str:
        """The agency's name; of one that is in the registry no more, its code."""
        known = self.agencies.get(code) or self.former.get(code)
        return known.name if known else code

    def current(self, code: str) -> tuple[str, ...]:
        """The institution itself, or those it became, best first; of an unknown code, nothing."""
        return institutions.current(code, {**self.former, **self.agencies})

    def queue(self, code: str) -> str:
        """The institution that gets what is meant for a code: a connected one, at last triage."""
        return institutions.queue(code, {**self.former, **self.agencies})

    def resolve(self, spelling: str, place: Collection[str] = ()) -> Resolution:
        """Whose name it is, as people write it; `place`: dotted region codes known from elsewhere."""
        return self.resolver.resolve(spelling, place)


def load_registry(folder: Path, atlas: Atlas | None = None) -> Registry:
    """Read `agencies.csv`, `rules.csv` and `units.csv`. Raises `RegistryError` naming every fault found.

    Without an `atlas` the shipped one is loaded when a spelling is first resolved.
    """
    every, rules, units = _read(folder)
    words = Words(load_slang())
    if faults := list(_hard_faults(every, rules, units, words)):
        raise RegistryError("\n".join(faults))
    known = {agency.code: agency for agency in every}
    named = PhraseIndex(_named(known, units))
    indexed = Units(units)
    return Registry(
        agencies={agency.code: agency for agency in every if not agency.former},
        former={agency.code: agency for agency in every if agency.former},
        rules=tuple(rules),
        version=_digest(folder),
        named=named,
        ruled=PhraseIndex({phrase: rule for rule in rules for phrase in rule.phrases}),
        placed=PhraseIndex(_placed(every)),
        units=indexed,
        resolver=Resolver(known, named, indexed, words, atlas),
    )


def _read(folder: Path) -> tuple[list[Agency], list[Rule], list[Unit]]:
    """The rows as they stand. Raises `RegistryError` where one can't be read at all."""
    agencies = load_agencies(folder / "agencies.csv")
    rules = [
        Rule(row["id"], several(row["phrases"]), row["agency"], row["basis"])
        for row in rows(folder / "rules.csv", _RULE_COLUMNS)
    ]
    return agencies, rules, load_units(folder / "units.csv")


def _hard_faults(
    agencies: Sequence[Agency], rules: Sequence[Rule], units: Sequence[Unit], words: Words
) -> Iterator[str]:
    """What must be mended before anything can be routed."""
    yield from (f"agencies.csv: {fault}" for fault in agency_faults(agencies))
    yield from (f"rules.csv: {fault}" for fault in _rule_faults(rules, agencies))
    yield from (f"units.csv: {fault}" for fault in unit_faults(units, words, {agency.code for agency in agencies}))


def _rule_faults(rules: Sequence[Rule], agencies: Sequence[Agency]) -> Iterator[str]:
    codes = {agency.code for agency in agencies if not agency.former}
    names = phrases(agencies)
    said: dict[str, str] = {}
    for rule in rules:
        if rule.agency not in codes:
            yield f"{rule.id}: agency {rule.agency!r} is not in agencies.csv"
        for phrase in rule.phrases:
            if phrase != normal(phrase) or not phrase:
                yield f"{rule.id}: write {phrase!r} as {normal(phrase)!r}"
            if phrase in names:
                yield f"{rule.id}: {phrase!r} already names {names[phrase]}"
            if said.setdefault(phrase, rule.id) != rule.id:
                yield f"{rule.id}: {phrase!r} already stands in {said[phrase]}"


def _named(known: Mapping[str, Agency], units: Sequence[Unit]) -> dict[str, Agency]:
    """Phrases by what they name; a unit that is one institution's wherever it is names that one."""
    named = {
        unit.pattern: known[unit.institutions[0]]
        for unit in units
        if len(unit.institutions) == 1 and not unit.placed and not unit.open
    }
    for phrase, code in phrases(list(known.values())).items():
        ours = institutions.current(code, known)
        named[phrase] = known[ours[0] if len(ours) == 1 else code]
    return named


def _placed(agencies: Sequence[Agency]) -> dict[str, tuple[Agency, ...]]:
    places: dict[str, tuple[Agency, ...]] = defaultdict(tuple)
    for agency in agencies:
        for place in agency.places:
            places[place] += (agency,)
    return places


def _digest(folder: Path) -> str:
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in _FILES)).hexdigest()[:12]

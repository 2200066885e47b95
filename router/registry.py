"""The agencies and rules an operator keeps in CSV files, checked as a whole before anything is routed by them."""

import csv
import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from language.phrases import PhraseIndex, normal

TRIAGE = "triage"

# How people call a government when they name it by its region; %s is the region's own name.
_FORMS = {
    "provinsi": ("provinsi %s", "propinsi %s", "prov %s", "pemprov %s", "pemerintah provinsi %s", "gubernur %s"),
    "kota": ("kota %s", "pemkot %s", "pemerintah kota %s", "walikota %s", "wali kota %s"),
    "kabupaten": ("kabupaten %s", "kab %s", "pemkab %s", "pemerintah kabupaten %s", "bupati %s"),
}


_KINDS = ("kementerian", "lembaga", "bumn", *_FORMS, TRIAGE)


class RegistryError(ValueError):
    """The files can't be routed by; one line for each fault, naming the file, the row and the mend."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One institution. `parent` is the province of a city or regency; `region` its official code, dotted."""

    code: str
    kind: str
    name: str
    acronym: str
    aliases: tuple[str, ...]
    places: tuple[str, ...]
    region: str
    parent: str

    @property
    def regional(self) -> bool:
        """Whether it governs a region; all others are competent in the whole country."""
        return self.kind in _FORMS

    def names(self) -> Iterator[str]:
        """Every phrase that names this institution by itself."""
        yield normal(self.name)
        if self.acronym:
            yield normal(self.acronym)
        yield from self.aliases
        own = normal(self.name).removeprefix(f"{self.kind} ")
        for form in _FORMS.get(self.kind, ()):
            yield form % own


@dataclass(frozen=True, slots=True)
class Rule:
    """A thing or programme that is one institution's alone: it names the institution. `basis` is the law."""

    id: str
    phrases: tuple[str, ...]
    agency: str
    basis: str


@dataclass(frozen=True, slots=True)
class Registry:
    """`version` is a digest of the files: every dispatch names what it was decided by."""

    agencies: Mapping[str, Agency]
    rules: tuple[Rule, ...]
    version: str
    named: PhraseIndex[Agency]
    ruled: PhraseIndex[Rule]
    placed: PhraseIndex[tuple[Agency, ...]]

    def name_of(self, code: str) -> str:
        """The agency's name; of one that is in the registry no more, its code."""
        known = self.agencies.get(code)
        return known.name if known else code


def load_registry(folder: Path) -> Registry:
    """Read `agencies.csv` and `rules.csv`. Raises `RegistryError` naming every fault found."""
    agencies = [_agency(row) for row in _rows(folder / "agencies.csv")]
    rules = [_rule(row) for row in _rows(folder / "rules.csv")]
    if faults := [*_faults(agencies), *_rule_faults(rules, agencies)]:
        raise RegistryError("\n".join(faults))
    places: dict[str, tuple[Agency, ...]] = defaultdict(tuple)
    for agency in agencies:
        for place in agency.places:
            places[place] += (agency,)
    return Registry(
        agencies={agency.code: agency for agency in agencies},
        rules=tuple(rules),
        version=_digest(folder),
        named=PhraseIndex({name: agency for agency in agencies for name in agency.names()}),
        ruled=PhraseIndex({phrase: rule for rule in rules for phrase in rule.phrases}),
        placed=PhraseIndex(places),
    )


def _faults(agencies: list[Agency]) -> Iterator[str]:
    counts = Counter(agency.code for agency in agencies)
    codes = set(counts)
    yield from (f"agencies.csv: code {code} stands {count} times" for code, count in counts.items() if count > 1)
    if TRIAGE not in codes:
        yield f"agencies.csv: the row {TRIAGE!r} is missing; what nobody can place has nowhere to go"
    claimed: dict[str, str] = {}
    for agency in agencies:
        if agency.kind not in _KINDS:
            yield f"agencies.csv: {agency.code}: kind {agency.kind!r} is none of {', '.join(_KINDS)}"
        if not agency.code or not normal(agency.name):
            yield f"agencies.csv: {agency.code or agency.name!r}: a code and a name are needed"
            continue
        if agency.parent and agency.parent not in codes:
            yield f"agencies.csv: {agency.code}: parent {agency.parent!r} is not an agency"
        for name in set(agency.names()):
            if claimed.setdefault(name, agency.code) != agency.code:
                yield f"agencies.csv: {agency.code}: {name!r} already names {claimed[name]}; leave it to one of them"
        for phrase in (*agency.aliases, *agency.places):
            if phrase != normal(phrase) or not phrase:
                yield f"agencies.csv: {agency.code}: write {phrase!r} as {normal(phrase)!r}"


def _rule_faults(rules: list[Rule], agencies: list[Agency]) -> Iterator[str]:
    codes = {agency.code for agency in agencies}
    names = {name: agency.code for agency in agencies for name in agency.names()}
    said: dict[str, str] = {}
    for rule in rules:
        if rule.agency not in codes:
            yield f"rules.csv: {rule.id}: agency {rule.agency!r} is not in agencies.csv"
        for phrase in rule.phrases:
            if phrase != normal(phrase) or not phrase:
                yield f"rules.csv: {rule.id}: write {phrase!r} as {normal(phrase)!r}"
            if phrase in names:
                yield f"rules.csv: {rule.id}: {phrase!r} already names {names[phrase]}"
            if said.setdefault(phrase, rule.id) != rule.id:
                yield f"rules.csv: {rule.id}: {phrase!r} already stands in {said[phrase]}"


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RegistryError(f"{path}: {error}") from error
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise RegistryError(f"{path}: row {line} has not as many cells as the header")
    return rows


def _agency(row: dict[str, str]) -> Agency:
    try:
        return Agency(
            row["code"], row["kind"], row["name"], row["acronym"], _list(row["aliases"]), _list(row["places"]),
            row["region"], row["parent"],
        )  # fmt: skip
    except (KeyError, AttributeError) as error:
        raise RegistryError(f"agencies.csv: {row.get('code')}: a column is missing") from error


def _rule(row: dict[str, str]) -> Rule:
    try:
        return Rule(row["id"], _list(row["phrases"]), row["agency"], row["basis"])
    except (KeyError, AttributeError) as error:
        raise RegistryError(f"rules.csv: {row.get('id')}: a column is missing") from error


def _list(cell: str) -> tuple[str, ...]:
    return tuple(cell.split("|")) if cell else ()


def _digest(folder: Path) -> str:
    both = b"".join((folder / name).read_bytes() for name in ("agencies.csv", "rules.csv"))
    return hashlib.sha256(both).hexdigest()[:12]

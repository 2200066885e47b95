"""Maps the kinds of units that the router found in a report to the one unit of the institution that is meant. Pure.

The kind of a unit is in its name: `Puskesmas Bandarharjo` is a puskesmas, with the own name `bandarharjo`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from config.reference.regions import Region, Regions
from desk.units.tree import Unit

_WORD = re.compile(r"\w+")
# “UPTD Puskesmas Bandarharjo” is a puskesmas, too.
_LEADING_WORDS = frozenset(("upt", "uptd", "uptb", "blud"))
# Official names of regions begin with one of these; people leave them out.
_REGION_WORDS = ("kota", "kabupaten", "provinsi")
# Levels of regions with a government: province, and city or regency.
_GOVERNMENTS = 2
# A shorter own name, as the number of a school, stands in reports for other reasons.
_LEAST_LETTERS = 4


def joined_words(text: str) -> str:
    """Return the words of a text in small letters, with a space between them."""
    return " ".join(_WORD.findall(text.casefold()))


class NamedKind(NamedTuple):
    """The kind of a unit and its own name, both by the words of its name. The own name may be empty."""

    kind: str
    own_name: str


class UnitKinds:
    """The kinds of units by their spellings: `kind_by_spelling` is the table `units.csv` without open spellings."""

    def __init__(self, kind_by_spelling: Mapping[str, str]) -> None:
        self._kinds = kind_by_spelling
        self._most_words = max((len(spelling.split()) for spelling in kind_by_spelling), default=0)

    def of_name(self, name: str) -> NamedKind | None:
        """Return the kind of a unit by its name: by the longest spelling with which the name begins."""
        words = joined_words(name).split()
        if words and words[0] in _LEADING_WORDS:
            words = words[1:]
        for length in range(min(len(words), self._most_words), 0, -1):
            if kind := self._kinds.get(" ".join(words[:length])):
                return NamedKind(kind, " ".join(words[length:]))
        return None


class ReportedPlace(NamedTuple):
    """The words of a report and names of regions, in the form of `joined_words`.

    `governments` are the names of its province and city, `district` those of its district, and `beside` those of the
    other cities of the province and districts of the city. All districts are beside it if its own is not known.
    """

    words: str = ""
    governments: Collection[str] = ()
    district: Collection[str] = ()
    beside: Collection[str] = ()

    def has_word(self, name: str) -> bool:
        """Return True if the report has a name that is long enough to be no other word."""
        return len(name) >= _LEAST_LETTERS and f" {name} " in f" {self.words} "

    def region_words(self) -> Collection[str]:
        """Return the words of the names of all these regions."""
        return {word for name in chain(self.governments, self.district, self.beside) for word in name.split()}


def reported_place(texts: Iterable[str], region: str, regions: Regions) -> ReportedPlace:
    """Return the place of a report with these texts. `region` is the dotted code that the router found, or empty."""
    lineage = regions.lineage(region)
    children = [child for item in lineage for child in regions.children(item.code) if child not in lineage]
    governments, district = lineage[:_GOVERNMENTS], lineage[_GOVERNMENTS:]
    return ReportedPlace(
        joined_words(" ".join(texts)), *(frozenset(_region_names(group)) for group in (governments, district, children))
    )


def unit_of_kinds(kinds: Collection[str], units: Iterable[Unit], place: ReportedPlace, known: UnitKinds) -> Unit | None:
    """Return the one unit of these kinds; `None` for none and for several.

    Of several it is the one whose own name the report has, otherwise the one that is named after the district. A unit
    that is named after another region is not meant, unless the report has that name.
    """
    named = [
        (unit, "" if found.own_name in place.governments else found.own_name)
        for unit in units
        if (found := known.of_name(unit.name)) and found.kind in kinds
    ]
    possible = [(unit, name) for unit, name in named if place.has_word(name) or name not in place.beside]
    groups = (
        [unit for unit, name in possible if place.has_word(name)],
        [unit for unit, name in possible if name in place.district],
        [unit for unit, _ in possible],
    )
    fitting = next(filter(None, groups), ())
    return fitting[0] if len(fitting) == 1 else None


def stored_kinds(stored: str) -> Mapping[str, Sequence[str]]:
    """Return the kinds of a case by the rule of their evidence: see `DeskCase.unit_kinds`."""
    pairs = [tuple(part.split(":", 1)) for part in stored.split("|") if ":" in part]
    return {rule: [kind for other, kind in pairs if other == rule] for rule, _ in pairs}


def _region_names(regions: Iterable[Region]) -> Iterator[str]:
    for region in regions:
        words = joined_words(region.name)
        yield words
        first, _, rest = words.partition(" ")
        if rest and first in _REGION_WORDS:
            yield rest

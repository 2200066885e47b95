"""The institutions and units that an operator keeps in CSV files, checked as a whole before anything is routed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from config.reference.folder import ReferenceFolder
from config.reference.table_reader import TableError
from language.phrase_index import PhraseIndex
from language.words import WordReader
from router.registry import agencies as agencies_module
from router.registry.agencies import TRIAGE, Agency, agency_faults, load_agencies, phrases
from router.registry.units import Unit, Units, load_units, unit_faults

AGENCIES, UNITS = "agencies.csv", "units.csv"

__all__ = ["AGENCIES", "TRIAGE", "UNITS", "Agency", "Registry", "load_registry"]


@dataclass(frozen=True, slots=True)
class Registry:
    """`agencies` have a queue each; `every` are these and the former ones, which are no more and have none.

    `named` finds institutions: by their own names, their nationwide units, and their former names. What became one
    institution is that one; what became several is the former one, whose `successors` the topic decides between.
    """

    agencies: Mapping[str, Agency]
    institutions: Mapping[str, Agency]
    name_index: PhraseIndex[Agency]
    units: Units

    def name_of(self, code: str) -> str:
        """The agency's name; of one that is in the registry no more, its code."""
        known = self.institutions.get(code)
        return known.name if known else code

    def current_institutions(self, code: str) -> tuple[str, ...]:
        """The institution itself, or those it became, best first; of an unknown code, nothing."""
        return agencies_module.current_institutions(code, self.institutions)

    def receiving_agency(self, code: str) -> str:
        """The institution that gets what is meant for a code: a connected one, at last triage."""
        return agencies_module.receiving_agency(code, self.institutions)

    def find_receiving_agency(self, code: str) -> str | None:
        """As `queue`, of a code that somebody named: `None` where it leads nowhere but to triage, and is not triage."""
        found = self.receiving_agency(code)
        return found if found != TRIAGE or code == TRIAGE else None


def load_registry(folder: ReferenceFolder, words: WordReader) -> Registry:
    """Return the agencies and units of an operator's tables. Raises `TableError` naming every fault.

    `words` reads the patterns of units, which must be in normal form.
    """
    agencies = load_agencies(folder.required_table(AGENCIES))
    units = load_units(folder.required_table(UNITS))
    if faults := list(_hard_faults(agencies, units, words)):
        raise TableError("\n".join(faults))
    every = {agency.code: agency for agency in agencies}
    named, indexed = PhraseIndex(_named(every, units)), Units(units)
    return Registry(
        agencies={agency.code: agency for agency in agencies if not agency.former},
        institutions=every,
        name_index=named,
        units=indexed,
    )


def _hard_faults(agencies: Sequence[Agency], units: Sequence[Unit], words: WordReader) -> Iterator[str]:
    """What must be mended before anything can be routed."""
    yield from (f"{AGENCIES}: {fault}" for fault in agency_faults(agencies))
    yield from (f"{UNITS}: {fault}" for fault in unit_faults(units, words, {agency.code for agency in agencies}))


def _named(known: Mapping[str, Agency], units: Sequence[Unit]) -> dict[str, Agency]:
    """Phrases by what they name; a unit that is one institution's wherever it is names that one."""
    named = {
        unit.pattern: known[unit.institutions[0]]
        for unit in units
        if len(unit.institutions) == 1 and not unit.placed and not unit.open
    }
    for phrase, code in phrases(list(known.values())).items():
        ours = agencies_module.current_institutions(code, known)
        named[phrase] = known[ours[0] if len(ours) == 1 else code]
    return named

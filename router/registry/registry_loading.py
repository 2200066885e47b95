"""Loads the registry from the operator's tables and checks it before anything is routed."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import structlog

from config.reference.folder import ReferenceFolder
from config.reference.reloading import RefusedEdit, ReloadingTables
from config.reference.slang import SLANG
from config.reference.table_reader import TableError
from language.phrase_index import PhraseIndex
from language.word_loading import load_word_reader
from language.words import WordReader
from router.registry.agencies import Agency, codes_by_phrase, current_institutions
from router.registry.agency_table import AGENCIES, agency_faults, load_agencies
from router.registry.levels import GOVERNMENT_LEVELS
from router.registry.registry import Registry
from router.registry.unit_table import UNITS, load_units, unit_faults
from router.registry.units import Unit, UnitIndex

REGISTRY_TABLES = (AGENCIES, UNITS)
_log = structlog.get_logger()


def reloading_registry(folder: ReferenceFolder) -> ReloadingTables[Registry]:
    """Return the registry of a folder, loaded again after an edit of its tables.

    An added or removed agency is refused until a restart: its queue is created at the start, and nothing may be sent
    to a queue that does not exist. Raises `TableError` if the tables cannot be used now.
    """
    return ReloadingTables(
        "registry",
        folder,
        (*REGISTRY_TABLES, SLANG),
        lambda: load_registry(folder, load_word_reader(folder)),
        check=_check_agencies,
    )


def _check_agencies(previous: Registry, new: Registry) -> None:
    if changed := previous.agencies.keys() ^ new.agencies.keys():
        raise RefusedEdit(f"restart to add or remove these agencies: {', '.join(sorted(changed))}")


def load_registry(folder: ReferenceFolder, words: WordReader) -> Registry:
    """Return the agencies and units of an operator's tables. Raises `TableError` naming every fault.

    `words` reads the patterns of units, which must be in normal form. If the folder has no units, the shipped units of
    its agencies are read.
    """
    agencies = load_agencies(folder.required_table(AGENCIES))
    digests = folder.digests(REGISTRY_TABLES)
    units = load_units(folder.table(UNITS))
    if folder.has_shipped(UNITS):
        units = _units_of_agencies(units, {agency.code for agency in agencies})
    if faults := list(_faults(agencies, units, words)):
        raise TableError("\n".join(faults))
    institutions = {agency.code: agency for agency in agencies}
    return Registry(
        digests=digests,
        agencies={agency.code: agency for agency in agencies if not agency.is_former},
        institutions=institutions,
        name_index=PhraseIndex(_institutions_by_phrase(institutions, units)),
        units=UnitIndex(units),
    )


def _units_of_agencies(units: Sequence[Unit], codes: Collection[str]) -> list[Unit]:
    """Return the units of these agencies and of governments, without their other institutions."""
    known_codes = GOVERNMENT_LEVELS.union(codes)
    kept_units = [
        replace(unit, institutions=institutions)
        for unit in units
        if (institutions := tuple(code for code in unit.institutions if code in known_codes))
    ]
    log_left_out_rows(UNITS, len(units) - len(kept_units))
    return kept_units


def _faults(agencies: Sequence[Agency], units: Sequence[Unit], words: WordReader) -> Iterator[str]:
    """Yield the faults that must be corrected before anything can be routed."""
    yield from (f"{AGENCIES}: {fault}" for fault in agency_faults(agencies))
    yield from (f"{UNITS}: {fault}" for fault in unit_faults(units, words, {agency.code for agency in agencies}))


def _institutions_by_phrase(institutions: Mapping[str, Agency], units: Sequence[Unit]) -> dict[str, Agency]:
    """Return the institution that each phrase names; a unit of one institution everywhere names that institution."""
    by_phrase = {
        unit.pattern: institutions[unit.institutions[0]]
        for unit in units
        if len(unit.institutions) == 1 and not unit.depends_on_place and not unit.is_open
    }
    for phrase, code in codes_by_phrase(list(institutions.values())).items():
        successors = current_institutions(code, institutions)
        by_phrase[phrase] = institutions[successors[0] if len(successors) == 1 else code]
    return by_phrase


def log_left_out_rows(table: str, count: int) -> None:
    """Log the number of rows of a shipped table that are left out; nothing if there is none."""
    if count:
        _log.warning("tables.rows_left_out", table=table, rows=count)

"""Faults of a registry that do not keep it from being used: unreachable names, regions without a government."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from config.reference.regions import Regions
from router.registry.agencies import Agency
from router.registry.agency_table import AGENCIES
from router.registry.levels import JAKARTA
from router.registry.name_resolver import NameResolver
from router.registry.registry import Registry

# Provinces have no dot in their code, cities and regencies one. Districts have no government of their own.
_MAX_DOTS_OF_GOVERNED_REGION = 1


def registry_faults(registry: Registry, resolver: NameResolver, regions: Regions) -> Iterator[str]:
    """Yield a line for each fault, with file and row; each of `regions` must have a government."""
    agencies = list(registry.institutions.values())
    governed_regions = {code: name for code, name in _governed_regions(regions) if not code.startswith(f"{JAKARTA}.")}
    faults = (
        *_missing_governments(agencies, governed_regions),
        *_region_faults(agencies, governed_regions),
        *_row_faults(agencies),
        *_unreachable_names(agencies, registry, resolver),
    )
    yield from (f"{AGENCIES}: {fault}" for fault in faults)


def _row_faults(agencies: Iterable[Agency]) -> Iterator[str]:
    for agency in agencies:
        counts = Counter((*agency.derived_names(), *agency.aliases))
        yield from (
            f"{agency.code}: {alias!r} is said already, here or by its name; remove it"
            for alias in agency.aliases
            if counts[alias] > 1
        )
        if _lacks_substitute(agency):
            yield f"{agency.code}: not connected, and without a fallback"
        if agency.is_former and agency.connected:
            yield f"{agency.code}: is no more, and yet connected; write no"


def _lacks_substitute(agency: Agency) -> bool:
    return not (agency.connected or agency.is_former or agency.fallback or agency.parent)


def _missing_governments(agencies: Iterable[Agency], governed_regions: Mapping[str, str]) -> Iterator[str]:
    regions_with_row = {agency.region for agency in agencies if not agency.is_former}
    for code, name in governed_regions.items():
        if code not in regions_with_row:
            yield f"{code} {name} has no row"


def _region_faults(agencies: Iterable[Agency], governed_regions: Collection[str]) -> Iterator[str]:
    for agency in agencies:
        if agency.region and agency.region not in governed_regions:
            yield f"{agency.code}: {agency.region} is no region with a government"
        if agency.is_regional and not agency.region:
            yield f"{agency.code}: write the code of the region that it governs"


def _governed_regions(regions: Regions, code: str = "") -> Iterator[tuple[str, str]]:
    """Yield code and name of each province, city and regency."""
    for region in regions.children(code):
        yield region.code, region.name
        if region.code.count(".") < _MAX_DOTS_OF_GOVERNED_REGION:
            yield from _governed_regions(regions, region.code)


def _unreachable_names(agencies: Sequence[Agency], registry: Registry, resolver: NameResolver) -> Iterator[str]:
    """Yield the names that lead elsewhere, because a unit's pattern or another row matches them first."""
    for agency in agencies:
        current = registry.current_institutions(agency.code)
        for alias in dict.fromkeys((agency.name, *filter(None, [agency.acronym]), *agency.aliases)):
            institutions = resolver.resolve(alias).institutions
            if institutions != current and agency.code not in institutions[:1]:
                destination = "|".join(institutions) or "nobody"
                yield f"{agency.code}: {alias!r} is never found; it leads to {destination}"

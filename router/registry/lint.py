"""What is amiss in the operator's files on institutions: also what does not keep them from being routed by."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from config.reference.regions import Regions
from router.registry.agencies import Agency, current_institutions
from router.registry.jurisdiction import JAKARTA
from router.registry.name_resolver import NameResolver
from router.registry.registry import AGENCIES, Registry

_DEEPEST_GOVERNED = 1


def registry_faults(registry: Registry, resolver: NameResolver, regions: Regions) -> Iterator[str]:
    """Yield the faults that do not keep a registry from being used; every region of `regions` needs a government."""
    agencies = list(registry.institutions.values())
    yield from (f"{AGENCIES}: {fault}" for fault in (*_gaps(agencies, regions), *_rows(agencies)))
    yield from (f"{AGENCIES}: {fault}" for fault in _unreachable(agencies, resolver))


def _rows(agencies: Iterable[Agency]) -> Iterator[str]:
    for agency in agencies:
        said = Counter((*agency.made(), *agency.aliases))
        for alias in agency.aliases:
            if said[alias] > 1:
                yield f"{agency.code}: {alias!r} is said already, here or by its name"
        if not agency.connected and not agency.former and not (agency.fallback or agency.parent):
            yield f"{agency.code}: not connected, and without a fallback"
        if agency.former and agency.connected:
            yield f"{agency.code}: is no more, and yet connected"


def _gaps(agencies: Sequence[Agency], regions: Regions) -> Iterator[str]:
    governed = {agency.region for agency in agencies if not agency.former}
    wanted = {code: name for code, name in _governed(regions) if not code.startswith(f"{JAKARTA}.")}
    yield from (f"{code} {name} has no row" for code, name in wanted.items() if code not in governed)
    for agency in agencies:
        if agency.region and agency.region not in wanted:
            yield f"{agency.code}: {agency.region} is no region with a government"
        if agency.regional and not agency.region:
            yield f"{agency.code}: which region does it govern?"


def _governed(regions: Regions, code: str = "") -> Iterator[tuple[str, str]]:
    for region in regions.children(code):
        yield region.code, region.name
        if region.code.count(".") < _DEEPEST_GOVERNED:
            yield from _governed(regions, region.code)


def _unreachable(agencies: Sequence[Agency], resolver: NameResolver) -> Iterator[str]:
    """Names that lead elsewhere, because a unit's pattern or another row is found in them first."""
    known = {agency.code: agency for agency in agencies}
    for agency in agencies:
        ours = current_institutions(agency.code, known)
        for alias in dict.fromkeys((agency.name, *filter(None, [agency.acronym]), *agency.aliases)):
            found = resolver.resolve(alias).institutions
            if found != ours and agency.code not in found[:1]:
                elsewhere = "|".join(found) or "nobody"
                yield f"{agency.code}: {alias!r} is never found; it leads to {elsewhere}"

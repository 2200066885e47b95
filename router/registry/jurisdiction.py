"""The governments that are competent for a place: its city or regency, and its province.

In Jakarta the province is competent for both levels, because its cities are administrative.
"""

from collections.abc import Iterable, Sequence

from language.places.names import city_of
from router.registry.agencies import Agency
from router.registry.levels import JAKARTA, PLACE, PROVINCE


class Jurisdiction:
    """The regional governments among institutions, by the official codes of their regions."""

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self._code_by_region = {
            agency.region: agency.code for agency in agencies if agency.region and not agency.is_former
        }
        self.codes = frozenset(self._code_by_region.values())

    def government_of(self, level: str, region: str) -> str:
        """Return the code of the government on a level of a dotted region code, or an empty string.

        The levels are those of `router.registry.levels`. If no more than the province is known, the province governs.
        """
        province = region.partition(".")[0]
        if level == PROVINCE or province in {JAKARTA, region}:
            return self._code_by_region.get(province, "")
        return self._code_by_region.get(city_of(region), "")

    def governments_of(self, region: str) -> Sequence[str]:
        """Return the governments of a place, the narrowest first."""
        levels = (PLACE, PROVINCE)
        return tuple(dict.fromkeys(filter(None, (self.government_of(level, region) for level in levels))))

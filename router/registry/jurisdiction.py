"""Whose a place is: its city or regency, its province; in Jakarta the province, whose cities are administrative."""

from collections.abc import Iterable, Sequence

from router.registry.agencies import Agency
from router.registry.units import PROVINCE

JAKARTA = "31"
_REGION = 2


class Jurisdiction:
    """The regional governments among institutions, by the official codes of their regions. `codes` are their own."""

    def __init__(self, agencies: Iterable[Agency]) -> None:
        self._codes = {agency.region: agency.code for agency in agencies if agency.region and not agency.former}
        self.codes = frozenset(self._codes.values())

    def of(self, level: str, region: str) -> str:
        """The government of a dotted code on a level (`@regency`, `@province`, `@place`), or nothing.

        Where no more than the province is known, that is the province's.
        """
        province, *deeper = region.split(".")
        if level == PROVINCE or province == JAKARTA or not deeper:
            return self._codes.get(province, "")
        return self._codes.get(".".join((province, *deeper[: _REGION - 1])), "")

    def around(self, region: str) -> Sequence[str]:
        """The governments of a place, the narrowest first."""
        both = (self.of("", region), self.of(PROVINCE, region))
        return tuple(dict.fromkeys(code for code in both if code))

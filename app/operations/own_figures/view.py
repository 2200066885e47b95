"""Choices of the head's page: month, unit, topic, district and priority programme, by its address. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from desk.units.tree import read_code
from oversight.pages.months import Month, read_month
from pages.addresses import with_query

HEAD_PAGE = "/desk/pimpinan"
_LONGEST_CODE = 100


class OwnView(NamedTuple):
    """What the page shows. The other choices narrow it, `unit` with those below it; empty: all of the tier."""

    month: Month
    unit: str = ""
    topic: str = ""
    district: str = ""
    programme: str = ""

    @property
    def is_narrow(self) -> bool:
        """True if something besides the month is chosen."""
        return bool(self.unit or self.topic or self.district or self.programme)

    def address(self, **changed: str) -> str:
        """Return the address of the page, with other values of its query if any are given."""
        query = {
            "bulan": str(self.month),
            "unit": self.unit,
            "topik": self.topic,
            "kecamatan": self.district,
            "program": self.programme,
            **changed,
        }
        return with_query(HEAD_PAGE, **query)


def read_own_view(query: Mapping[str, str], current_month: Month) -> OwnView:
    """Return the view that a query names. A choice that is missing or can be none has its default."""
    month = read_month(query.get("bulan", "")) or current_month
    narrowed = (query.get(name, "")[:_LONGEST_CODE] for name in ("topik", "kecamatan", "program"))
    return OwnView(month, read_code(query.get("unit", "")), *narrowed)

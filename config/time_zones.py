"""The three time zones of Indonesia by province, and moments that a request names.

Source: Keputusan Presiden No. 41/1987. Provinces founded later lie in the zone of the province that they were part of.
"""

from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from functools import lru_cache

# Moments of no case: those at the border of the calendar have no local time in some zones.
_FIRST_MOMENT, _LAST_MOMENT = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class TimeZone(Enum):
    """A time zone; its name is the abbreviation that people write."""

    WIB = timezone(timedelta(hours=7))
    WITA = timezone(timedelta(hours=8))
    WIT = timezone(timedelta(hours=9))


# Codes of provinces (Kepmendagri). All provinces that are not listed here have WIB.
_WITA_PROVINCES = frozenset(
    {"51", "52", "53"}  # Bali, Nusa Tenggara Barat and Timur
    | {"63", "64", "65"}  # Kalimantan Selatan, Timur and Utara
    | {"71", "72", "73", "74", "75", "76"}  # Sulawesi
)
_WIT_PROVINCES = frozenset(
    {"81", "82"}  # Maluku and Maluku Utara
    | {"91", "92", "93", "94", "95", "96"}  # Papua
)

# Kinds of agencies whose code contains that of their region.
_REGIONAL_KINDS = frozenset({"provinsi", "kota", "kabupaten"})
_PROVINCE_DIGITS = 2


def time_zone(region_code: str = "") -> TimeZone:
    """Return the zone of a region by its code (`51`, `51.71`, `51.71.01`); WIB for "" and for unknown codes."""
    province = region_code.partition(".")[0]
    if province in _WITA_PROVINCES:
        return TimeZone.WITA
    return TimeZone.WIT if province in _WIT_PROVINCES else TimeZone.WIB


def read_moment(text: str) -> datetime | None:
    """Return the moment in UTC that a text from outside names; `None` for another text, and for a time of no case."""
    try:
        # In an address that a person retyped, `+` became a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        is_moment = moment.tzinfo is not None and _FIRST_MOMENT <= moment <= _LAST_MOMENT
    except (ValueError, OverflowError):
        return None
    return moment.astimezone(UTC) if is_moment else None


def agency_region(agency: str) -> str:
    """Return the dotted code of the region of an agency: `33.74` for `kota-3374`; "" for a national one and triage.

    The codes of regional agencies have the digits of the official code (`config/data/README.md`).
    """
    kind, _, digits = agency.partition("-")
    if kind not in _REGIONAL_KINDS or not digits.isdecimal():
        return ""
    return digits if len(digits) <= _PROVINCE_DIGITS else f"{digits[:_PROVINCE_DIGITS]}.{digits[_PROVINCE_DIGITS:]}"


@lru_cache(maxsize=2_048)
def agency_time_zone(agency: str) -> TimeZone:
    """Return the zone in which an agency works; WIB for national agencies and triage, which are in Jakarta."""
    return time_zone(agency_region(agency))

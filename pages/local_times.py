"""Moments as pages show them: in the time of a region, in the language of the page or in a chosen one."""

from collections.abc import Mapping
from datetime import date, datetime

from config.time_zones import time_zone
from pages.translation.language import current_language

_MONTHS: Mapping[str, tuple[str, ...]] = {
    "id": ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"),
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
}
# Indonesian writes a full stop between hours and minutes (EYD V).
_CLOCK: Mapping[str, str] = {"id": "%H.%M", "en": "%H:%M"}


def local_time(at: datetime, region_code: str = "", language: str = "") -> str:
    """Return a moment in the time of a region: `24 Nov 2026 15.04 WIB`, in English `24 Nov 2026 15:04 WIB`."""
    zone = time_zone(region_code)
    clock = _CLOCK[language or current_language()]
    return f"{local_date(at, region_code, language)} {at.astimezone(zone.value):{clock}} {zone.name}"


def local_date(at: datetime, region_code: str = "", language: str = "") -> str:
    """Return the day of a moment in the time of a region: `24 Nov 2026`."""
    return day_in_words(at.astimezone(time_zone(region_code).value).date(), language)


def day_in_words(day: date, language: str = "") -> str:
    """Return a day: `24 Nov 2026`."""
    return f"{day.day} {_MONTHS[language or current_language()][day.month - 1]} {day.year}"

"""Parts that all pages for citizens share."""

from datetime import datetime, timedelta, timezone

_WIB = timezone(timedelta(hours=7))
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


def wib(at: datetime) -> str:
    """Return a moment in the time of western Indonesia: `24 Nov 2026 15.04 WIB`."""
    local = at.astimezone(_WIB)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} {local:%H.%M} WIB"

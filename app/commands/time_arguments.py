"""Moments as operations staff type them."""

import re
from datetime import UTC, datetime, timedelta

_AGO = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def read_moment(typed: str, now: datetime) -> datetime:
    """`2026-11-24`, `2026-11-24T08:00`, or so long ago: `30m`, `24h`, `7d`; without a zone it is UTC.

    Raises `ValueError` that says what is understood.
    """
    if ago := _AGO.fullmatch(typed.strip()):
        return now - int(ago[1]) * _UNITS[ago[2]]
    try:
        found = datetime.fromisoformat(typed.strip())
    except ValueError:
        raise ValueError(f"not a moment: {typed}; write 2026-11-24, 2026-11-24T08:00+07:00, or 24h") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)

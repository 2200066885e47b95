"""Conditions that the filters of dead letters and of quarantined messages share."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID


def is_in_period(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    """Return True if `at` is in the period. `since` is included, `until` is not; `None` is no limit."""
    return (since is None or at >= since) and (until is None or at < until)


def matches_id(id_: UUID, prefixes: Iterable[str]) -> bool:
    """Return True if the id begins with one of the prefixes. An empty prefix matches nothing."""
    return any(prefix and str(id_).startswith(prefix) for prefix in prefixes)


def equals_or_any(required: str | None, value: str) -> bool:
    """Return True if the value is the required one, or if none is required."""
    return required is None or value == required

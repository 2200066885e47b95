"""The clock of the process. Everything else gets its clock by constructor."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time now."""
    return datetime.now(UTC)

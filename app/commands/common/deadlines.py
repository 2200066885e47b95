"""Deadlines as commands print them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cases.clocks.deadlines import Deadlines


def due_in_words(due_at: datetime, deadlines: Deadlines, agency: str = "") -> str:
    """Return a deadline for persons, with a remark if the decree on joint leave may still move it."""
    from messages.shapes import iso

    return f"{iso(due_at)}{' (provisional)' if deadlines.is_provisional(due_at, agency) else ''}"

"""One step of a report's trace. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messages.shapes import iso

# Fields of a message after `mask_fields`.
MaskedFields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One record of the report.

    `records_ahead` has each stage that has not processed it, with the number of records before it. `fields` are those
    of the message after `mask_fields`, or of the headers of a dead letter; none of an unreadable record.
    """

    at: datetime
    position: str
    kind: str
    description: str
    records_ahead: Mapping[str, int]
    fields: MaskedFields

    def as_json(self) -> dict[str, object]:
        """Return the step as JSON values."""
        return {
            "at": iso(self.at),
            "position": self.position,
            "kind": self.kind,
            "description": self.description,
            "waits_for": dict(self.records_ahead),
        }

"""Interface by which an operation records a person's act before the act has any effect."""

from datetime import datetime
from typing import Protocol


class Recorder(Protocol):
    """See `app.operations.audit.log.AuditLog`."""

    def append(self, action: str, subject: str, actor: str, why: str, at: datetime) -> object:
        """Record an act. `subject` holds the ids of its objects. Raises `DatabaseUnavailable`."""

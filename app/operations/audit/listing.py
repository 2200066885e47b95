"""List of the audit log, newest first, and the acts that one request recorded. Reads only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, or_, select
from sqlmodel import col

from app.operations.audit.rows import AuditLogRow, ChainedAction, StaffAction
from config.conditions import contains_text, starts_with
from config.database import read_transaction
from messages.shapes import iso

_COLUMNS = tuple(
    col(getattr(AuditLogRow, name)) for name in ("seq", "at", "actor", "action", "subject", "why", "previous", "hash")
)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Choice of rows; an empty condition does not matter. `since` is included.

    `actor` is the beginning of a name, `action` an action or its beginning up to a dot, `subject` an id, or a part of
    one.
    """

    actor: str = ""
    action: str = ""
    subject: str = ""
    since: datetime | None = None


class AuditListing:
    """Reads the rows of the audit log. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def newest(self, choice: AuditFilter, limit: int, before: int | None = None) -> Sequence[ChainedAction]:
        """Return at most `limit` chosen rows, newest first; only rows before the number `before`, if given."""
        query: Select[Any] = select(*_COLUMNS).where(*_conditions(choice)).order_by(col(AuditLogRow.seq).desc())
        if before is not None:
            query = query.where(col(AuditLogRow.seq) < before)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.limit(limit)).all()
        return [
            ChainedAction(
                row.seq, StaffAction(row.at, row.actor, row.action, row.subject, row.why), row.previous, row.hash
            )
            for row in rows
        ]

    def count_acts(self, actor: str, at: datetime) -> Mapping[str, int]:
        """Return the number of the acts that this person did at this time, by action."""
        query = (
            select(col(AuditLogRow.action), func.count())
            .where(col(AuditLogRow.at) == iso(at), col(AuditLogRow.actor) == actor)
            .group_by(col(AuditLogRow.action))
        )
        with read_transaction(self._engine) as connection:
            return Counter({row[0]: row[1] for row in connection.execute(query)})


def _conditions(choice: AuditFilter) -> Sequence[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if choice.actor:
        conditions.append(starts_with(col(AuditLogRow.actor), choice.actor))
    if choice.action:
        is_part = starts_with(col(AuditLogRow.action), f"{choice.action}.")
        conditions.append(or_(col(AuditLogRow.action) == choice.action, is_part))
    if choice.subject:
        conditions.append(contains_text(col(AuditLogRow.subject), choice.subject))
    if choice.since:
        conditions.append(col(AuditLogRow.at) >= iso(choice.since))
    return conditions

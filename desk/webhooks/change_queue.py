"""Queue of deliveries: stores one for each change and webhook of the agency, in the read model's transaction."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from config.conditions import is_one_of
from config.database import insertion_of_missing, statement_chunks
from desk.change_age import recent_changes
from desk.changes import CaseChange
from desk.webhooks.tables import DeliveryRow, WebhookRow

# Difference allowed between the bus's clock and that of the host that registered a webhook.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# Built once: each batch executes it.
_WEBHOOKS = select(
    *(col(WebhookRow.id), col(WebhookRow.agency), col(WebhookRow.kinds), col(WebhookRow.created_at))
).where(is_one_of(col(WebhookRow.agency), bindparam("agencies")))


class ChangeQueue:
    """Stores the changes that webhooks are notified of. `now` is the clock.

    A webhook that is switched off stores them too, and gets them in their order when it is switched on again.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def add(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        """Store a delivery for each change and webhook. A change that was stored before is left as it is."""
        now = self._now()
        recent = list(recent_changes(changes, now))
        if not recent:
            return
        webhooks = _webhooks_by_agency(connection, {change.agency for change in recent})
        rows = [
            _delivery(change, webhook, now)
            for change in recent
            for webhook in webhooks[change.agency]
            if change.kind in webhook.kinds.split(",") and change.at >= webhook.created_at - _CLOCK_TOLERANCE
        ]
        statement = insertion_of_missing(connection.dialect.name, DeliveryRow)
        for chunk in statement_chunks(rows):
            # One row at a time keeps their order in `position`.
            connection.execute(statement, list(chunk))


def _webhooks_by_agency(connection: Connection, agencies: set[str]) -> dict[str, list[Any]]:
    webhooks: defaultdict[str, list[Any]] = defaultdict(list)
    for row in connection.execute(_WEBHOOKS, {"agencies": agencies}) if agencies else ():
        webhooks[row.agency].append(row)
    return webhooks


def _delivery(change: CaseChange, webhook: Any, now: datetime) -> dict[str, Any]:
    return new_delivery(change.kind, change.number, change.state, change.at) | {
        "change_id": change.id, "webhook_id": webhook.id, "agency": change.agency, "next_at": now,
    }  # fmt: skip


def new_delivery(kind: str, number: str, state: str, changed_at: datetime) -> dict[str, Any]:
    """Return the columns of a delivery that was not attempted yet, without its ids, its agency and its next time."""
    return {
        "kind": kind, "number": number, "case_state": state, "changed_at": changed_at, "status": "waiting",
        "attempts": 0, "lease": "", "http_status": 0, "error": "",
    }  # fmt: skip

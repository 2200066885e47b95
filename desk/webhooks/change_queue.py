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
from desk.units.tiers import seen, tier_of
from desk.webhooks.tables import DeliveryRow, WebhookRow

# Difference allowed between the bus's clock and that of the host that registered a webhook.
_CLOCK_TOLERANCE = timedelta(minutes=5)
# Built once: each batch executes it.
_WEBHOOKS = select(*(col(getattr(WebhookRow, name)) for name in ("id", "agency", "kinds", "created_at", "unit"))).where(
    is_one_of(col(WebhookRow.agency), bindparam("agencies"))
)


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
        told = [
            (change, webhook)
            for change in recent
            for webhook in webhooks[change.agency]
            if change.kind in webhook.kinds.split(",") and change.at >= webhook.created_at - _CLOCK_TOLERANCE
        ]
        _store(connection, [_delivery(*pair, now) for pair in _within_tiers(connection, told)])

    def add_passed(self, connection: Connection, change: CaseChange, earlier_unit: str, unit: str) -> None:
        """Store that a case came to a unit, for the webhooks of units that were not told of it before."""
        webhooks = [
            webhook
            for webhook in _webhooks_by_agency(connection, {change.agency})[change.agency]
            if webhook.unit and change.kind in webhook.kinds.split(",")
        ]
        tiers = {webhook.id: tier_of(connection, change.agency, webhook.unit) for webhook in webhooks}
        now = self._now()
        _store(
            connection,
            [
                _delivery(change, webhook, now)
                for webhook in webhooks
                if tiers[webhook.id].has_unit(unit) and not tiers[webhook.id].has_unit(earlier_unit)
            ],
        )

    def add_contribution(self, connection: Connection, change: CaseChange, unit: str) -> None:
        """Store that a unit was asked or told about a contribution, for its webhooks and those of the whole agency."""
        webhooks = [
            webhook
            for webhook in _webhooks_by_agency(connection, {change.agency})[change.agency]
            if change.kind in webhook.kinds.split(",")
            and tier_of(connection, change.agency, webhook.unit).has_unit(unit)
        ]
        now = self._now()
        _store(connection, [_delivery(change, webhook, now) for webhook in webhooks])


def _store(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    statement = insertion_of_missing(connection.dialect.name, DeliveryRow)
    for chunk in statement_chunks(rows):
        # One row at a time keeps their order in `position`.
        connection.execute(statement, list(chunk))


def _within_tiers(connection: Connection, told: Sequence[tuple[CaseChange, Any]]) -> Sequence[tuple[CaseChange, Any]]:
    """Return those of the changes and webhooks in which the webhook's unit sees the case."""
    of_units = [(change, webhook) for change, webhook in told if webhook.unit]
    if not of_units:
        return told
    tiers = {webhook.id: tier_of(connection, webhook.agency, webhook.unit).with_asked() for _, webhook in of_units}
    dispatch_ids = {change.dispatch_id for change, _ in of_units}
    seen_ids = {webhook_id: seen(connection, tier, dispatch_ids) for webhook_id, tier in tiers.items()}
    return [
        (change, webhook) for change, webhook in told if not webhook.unit or change.dispatch_id in seen_ids[webhook.id]
    ]


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

"""Deliveries in the database: which are due, who sends them, and what came of it. Several processes may share it.

    waiting -> delivered | failed | expired, and back to waiting by a person (`Webhooks.redeliver`)

A delivery is claimed with a lease before it is sent. A process that dies leaves the lease behind; when it has ended,
the delivery is sent again, with the same id. A later change of a case is not claimed while an earlier one
waits, unless the earlier one has failed for `ORDER_PATIENCE`: each notice has the state and time of its own change.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from config.conditions import is_one_of
from config.database import UtcDateTime, changed_rows, read_transaction, write_transaction
from desk.change_age import KEPT_AGE, NOTIFIED_AGE
from desk.webhooks.schedule import (
    ORDER_PATIENCE,
    AttemptResult,
    Decision,
    Delivered,
    DeliveryProgress,
    GiveUp,
    RetryAt,
    SwitchOff,
    allowed_deliveries,
)
from desk.webhooks.tables import DeliveryRow, WebhookRow

# An attempt takes 15 s, and the resolution of a name before it up to 30 s. A lease that is older belongs to a dead
# process.
LEASE_LENGTH = timedelta(seconds=60)
# Rows that one statement of the sweep deletes: a long transaction would delay all others on SQLite.
_SWEPT_ROWS = 1_000
_FINISHED = ("delivered", "failed", "expired")


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """Delivery that this process sends. The secrets are sealed for `webhook_id`; the previous one may be empty."""

    position: int
    change_id: UUID
    webhook_id: UUID
    agency: str
    kind: str
    number: str
    case_state: str
    changed_at: datetime
    lease: str
    address: str
    secret: str
    previous_secret: str


class DeliveryStore:
    """Reads and writes deliveries. Every method may raise `DatabaseUnavailable`.

    At most `max_per_agency` deliveries of an agency are in flight, in all processes together.
    """

    def __init__(self, engine: Engine, max_per_agency: int) -> None:
        self._engine = engine
        self._max_per_agency = max_per_agency

    def due_agencies(self, now: datetime) -> list[str]:
        """Return the agencies that have a due delivery, in the order of their codes."""
        with read_transaction(self._engine) as connection:
            return list(
                connection.execute(_due_agencies(), {"now": now, "patient_since": now - ORDER_PATIENCE}).scalars()
            )

    def claim(self, agency: str, lease: str, now: datetime, limit: int) -> list[ClaimedDelivery]:
        """Claim up to `limit` due deliveries of an agency, the oldest first."""
        claimed: list[ClaimedDelivery] = []
        of_agency = select(WebhookRow.__table__).where(_may_send(now), col(WebhookRow.agency) == agency)  # type: ignore[attr-defined]  # SQLModel has no type for it
        with write_transaction(self._engine) as connection:
            # The lock makes another process wait, so that the counts below hold.
            webhooks = connection.execute(of_agency.order_by(col(WebhookRow.id)).with_for_update()).all()
            in_flight = _in_flight(connection, agency, now)
            for webhook in webhooks:
                total = in_flight.total() + len(claimed)
                allowed = allowed_deliveries(webhook.failures, in_flight[webhook.id], total, self._max_per_agency)
                free = min(allowed, limit - len(claimed))
                if free > 0:
                    claimed += _claim_of_webhook(connection, webhook, lease, now, free)
        return claimed

    def progress(self, delivery: ClaimedDelivery) -> DeliveryProgress | None:
        """Return the progress of a claimed delivery, `None` if the lease went to another process or all is removed."""
        query = (
            select(
                col(DeliveryRow.attempts),
                col(DeliveryRow.first_attempt_at),
                col(WebhookRow.failures),
                col(WebhookRow.last_success_at),
            )
            .join(WebhookRow, col(WebhookRow.id) == col(DeliveryRow.webhook_id))
            .where(_is_claimed(delivery))
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return DeliveryProgress(*row) if row else None

    def finish(self, delivery: ClaimedDelivery, result: AttemptResult, decision: Decision, now: datetime) -> bool:
        """Store what follows from an attempt. Return False if the lease went to another process meanwhile."""
        with write_transaction(self._engine) as connection:
            # The webhook first, as in `claim`: two processes wait for each other and do not deadlock.
            query = select(col(WebhookRow.failures)).where(col(WebhookRow.id) == delivery.webhook_id)
            webhook = connection.execute(query.with_for_update()).one_or_none()
            attempted = {
                "attempts": DeliveryRow.attempts + 1,
                "first_attempt_at": func.coalesce(col(DeliveryRow.first_attempt_at), now),
                "http_status": result.status,
                "error": result.error,
                "lease": "",
                "leased_until": None,
                **_delivery_changes(decision, now),
            }
            statement = update(DeliveryRow).where(_is_claimed(delivery)).values(attempted)
            if changed_rows(connection.execute(statement)) == 0 or webhook is None:
                return False
            changes = _webhook_changes(decision, webhook.failures, now)
            connection.execute(update(WebhookRow).where(col(WebhookRow.id) == delivery.webhook_id).values(changes))
            if isinstance(decision, Delivered) and decision.recovered:
                _make_all_due(connection, delivery.webhook_id, now)
        return True

    def postpone(self, delivery: ClaimedDelivery, time: datetime, error: str) -> None:
        """Give the lease back without an attempt; the delivery is due again at `time`."""
        values = {"next_at": time, "error": error, "lease": "", "leased_until": None}
        with write_transaction(self._engine) as connection:
            connection.execute(update(DeliveryRow).where(_is_claimed(delivery)).values(values))

    def sweep(self, now: datetime) -> int:
        """Expire waiting deliveries of old changes, and delete old finished ones. Return the number of expired ones."""
        waiting = col(DeliveryRow.status) == "waiting"
        expired = and_(waiting, col(DeliveryRow.changed_at) < now - NOTIFIED_AGE)
        old = and_(col(DeliveryRow.status).in_(_FINISHED), col(DeliveryRow.changed_at) < now - KEPT_AGE)
        with write_transaction(self._engine) as connection:
            expired_rows = _some_positions(expired)
            values = {"status": "expired", "finished_at": now, "lease": "", "leased_until": None}
            statement = update(DeliveryRow).where(col(DeliveryRow.position).in_(expired_rows)).values(values)
            count = changed_rows(connection.execute(statement))
            connection.execute(delete(DeliveryRow).where(col(DeliveryRow.position).in_(_some_positions(old))))
        return count


@cache
def _due_agencies() -> Select[Any]:
    """Return the query of every second, built once. Its parameters are `now` and `patient_since`."""
    now = bindparam("now", type_=UtcDateTime())
    patient_since = bindparam("patient_since", type_=UtcDateTime())
    due = exists().where(
        _is_due(now), ~_behind_another(patient_since), col(DeliveryRow.webhook_id) == col(WebhookRow.id)
    )
    return select(col(WebhookRow.agency)).where(_may_send(now), due).distinct().order_by(col(WebhookRow.agency))


def _make_all_due(connection: Connection, webhook_id: UUID, now: datetime) -> None:
    """Let every waiting delivery of a webhook be due now, also those whose next attempt is hours away."""
    waiting = and_(col(DeliveryRow.webhook_id) == webhook_id, col(DeliveryRow.status) == "waiting")
    connection.execute(update(DeliveryRow).where(waiting, col(DeliveryRow.next_at) > now).values(next_at=now))


def _claim_of_webhook(
    connection: Connection, webhook: Row[Any], lease: str, now: datetime, limit: int
) -> list[ClaimedDelivery]:
    query = (
        select(DeliveryRow.__table__)  # type: ignore[attr-defined]  # SQLModel has no type for it
        .where(col(DeliveryRow.webhook_id) == webhook.id, _is_due(now), ~_behind_another(now - ORDER_PATIENCE))
        .order_by(col(DeliveryRow.next_at), col(DeliveryRow.position))
        .limit(limit)
    )
    rows = connection.execute(query).all()
    positions = [row.position for row in rows]
    leased = {"lease": lease, "leased_until": now + LEASE_LENGTH}
    connection.execute(update(DeliveryRow).where(is_one_of(col(DeliveryRow.position), positions)).values(leased))
    previous_is_valid = webhook.previous_secret_until is not None and webhook.previous_secret_until > now
    return [
        ClaimedDelivery(
            row.position, row.change_id, row.webhook_id, row.agency, row.kind, row.number, row.case_state,
            row.changed_at, lease, webhook.address, webhook.secret,
            webhook.previous_secret if previous_is_valid else "",
        )
        for row in rows
    ]  # fmt: skip


def _in_flight(connection: Connection, agency: str, now: datetime) -> Counter[UUID]:
    """Return the number of leased deliveries of each webhook of an agency. They are few."""
    leased = and_(col(DeliveryRow.agency) == agency, col(DeliveryRow.leased_until) > now)
    return Counter(connection.execute(select(col(DeliveryRow.webhook_id)).where(leased)).scalars())


def _may_send(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    paused_until = col(WebhookRow.paused_until)
    return and_(col(WebhookRow.active), or_(paused_until.is_(None), paused_until <= now))


def _is_due(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    leased_until = col(DeliveryRow.leased_until)
    free = or_(leased_until.is_(None), leased_until <= now)
    return and_(col(DeliveryRow.status) == "waiting", col(DeliveryRow.next_at) <= now, free)


def _behind_another(patient_since: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that an earlier change of the same case still waits for the same webhook.

    One that was first tried before `patient_since` holds nothing back.
    """
    earlier = aliased(DeliveryRow)
    return exists().where(
        col(earlier.webhook_id) == col(DeliveryRow.webhook_id),
        col(earlier.number) == col(DeliveryRow.number),
        col(earlier.status) == "waiting",
        col(earlier.position) < col(DeliveryRow.position),
        or_(col(earlier.first_attempt_at).is_(None), col(earlier.first_attempt_at) > patient_since),
    )


def _is_claimed(delivery: ClaimedDelivery) -> ColumnElement[bool]:
    return and_(col(DeliveryRow.position) == delivery.position, col(DeliveryRow.lease) == delivery.lease)


def _some_positions(condition: ColumnElement[bool]) -> ScalarSelect[Any]:
    return select(col(DeliveryRow.position)).where(condition).limit(_SWEPT_ROWS).scalar_subquery()


def _delivery_changes(decision: Decision, now: datetime) -> dict[str, object]:
    match decision:
        case Delivered():
            return {"status": "delivered", "finished_at": now}
        case RetryAt(time):
            return {"next_at": time}
        case GiveUp():
            return {"status": "failed", "finished_at": now}
        case SwitchOff():
            return {"next_at": now}


def _webhook_changes(decision: Decision, failures: int, now: datetime) -> dict[str, object]:
    match decision:
        case Delivered():
            return {"failures": 0, "paused_until": None, "last_success_at": now}
        case RetryAt(_, paused_until):
            return {"failures": failures + 1} | ({"paused_until": paused_until} if paused_until else {})
        case GiveUp():
            return {"failures": failures + 1}
        case SwitchOff(reason):
            return {"failures": failures + 1, "active": False, "off_reason": reason, "off_at": now}

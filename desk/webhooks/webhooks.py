"""Operations on the webhooks of one agency, for its page and the commands. Each act is recorded before its effect."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, and_, delete, func, select, update
from sqlmodel import col

from config.database import insert_statement, read_transaction, write_transaction
from desk.changes import CHANGE_KINDS, ChangeKind
from desk.units.tiers import tier_of
from desk.units.tree import UnknownUnit
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.change_queue import new_delivery
from desk.webhooks.schedule import AttemptResult
from desk.webhooks.secrets import open_secrets, seal_secret
from desk.webhooks.sender import WebhookSender
from desk.webhooks.signature import SECRET_BYTES, build_payload, format_secret, signed_headers
from desk.webhooks.tables import DeliveryRow, WebhookRow
from messages.sealing import Sealer, UnsealError

MAX_WEBHOOKS: Final = 5
# A previous secret signs for this long beside the new one.
ROTATION_PERIOD: Final = timedelta(hours=24)
_WEBHOOK_COLUMNS = (
    col(WebhookRow.id), col(WebhookRow.agency), col(WebhookRow.address), col(WebhookRow.kinds), col(WebhookRow.unit),
    col(WebhookRow.active), col(WebhookRow.created_by), col(WebhookRow.created_at), col(WebhookRow.off_reason),
    col(WebhookRow.off_at), col(WebhookRow.failures), col(WebhookRow.last_success_at),
    col(WebhookRow.previous_secret_until), col(WebhookRow.paused_until),
)  # fmt: skip
_DELIVERY_COLUMNS = (
    col(DeliveryRow.position), col(DeliveryRow.change_id), col(DeliveryRow.webhook_id), col(DeliveryRow.kind),
    col(DeliveryRow.number), col(DeliveryRow.changed_at), col(DeliveryRow.status), col(DeliveryRow.attempts),
    col(DeliveryRow.next_at), col(DeliveryRow.http_status), col(DeliveryRow.error), col(DeliveryRow.finished_at),
)  # fmt: skip


class UnknownWebhook(LookupError):
    """The agency has no webhook, or the webhook no finished delivery, with this id."""


class TooManyWebhooks(ValueError):
    """The agency has `MAX_WEBHOOKS` webhooks."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Webhook as its agency sees it, without the secret.

    `off_reason` is empty while it is active, else `by_person`, `failing` (three days without success) or `gone` (410).
    `failures` counts the failed attempts since the last success. The secret before the present one signs too until
    `previous_secret_until`. Nothing is sent before `paused_until`.
    """

    id: UUID
    agency: str
    address: str
    kinds: tuple[str, ...]
    unit: str
    active: bool
    created_by: str
    created_at: datetime
    off_reason: str
    off_at: datetime | None
    failures: int
    last_success_at: datetime | None
    previous_secret_until: datetime | None
    paused_until: datetime | None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class AddedWebhook:
    """New webhook and its secret, which is shown only now."""

    id: UUID
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Delivery as its agency sees it.

    `status` is `waiting`, `delivered`, `failed` or `expired`. `kind` is a kind of change or `test`. `http_status` is
    that of the last answer, 0 without one, and `error` a constant, empty on success. `next_at` counts while it waits.
    """

    position: int
    change_id: UUID
    webhook_id: UUID
    kind: str
    number: str
    changed_at: datetime
    status: str
    attempts: int
    next_at: datetime
    http_status: int
    error: str
    finished_at: datetime | None


class Webhooks:
    """Webhooks of the agencies. Every method may raise `DatabaseUnavailable`; those with an id raise `UnknownWebhook`.

    `record` writes the audit log: action, ids of the subjects, actor, reason, time. `new_secret` returns so many random
    bytes, `new_id` a random id.
    """

    def __init__(
        self,
        engine: Engine,
        sealer: Sealer,
        guard: AddressGuard,
        sender: WebhookSender,
        record: Callable[[str, str, str, str, datetime], object],
        now: Callable[[], datetime],
        new_secret: Callable[[int], bytes],
        new_id: Callable[[], UUID],
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._guard = guard
        self._sender = sender
        self._record = record
        self._now = now
        self._new_secret = new_secret
        self._new_id = new_id

    def add(
        self, agency: str, address: str, kinds: Collection[ChangeKind], actor: str, why: str, unit: str = ""
    ) -> AddedWebhook:
        """Add a webhook that is notified of these kinds of changes; none means all.

        With the code of a `unit` it is notified of the cases of this unit and of those below it. Raises
        `AddressRefused`, `TooManyWebhooks`, `UnknownUnit`, and `ValueError` for an unknown kind.
        """
        if unknown := set(kinds) - set(CHANGE_KINDS):
            raise ValueError(f"unknown kinds of changes: {', '.join(sorted(unknown))}")
        target = self._guard.parse(address)
        self._guard.resolve(target)
        if len(self.list_webhooks(agency)) >= MAX_WEBHOOKS:
            raise TooManyWebhooks
        with read_transaction(self._engine) as connection:
            if unit and not tier_of(connection, agency, unit).units:
                raise UnknownUnit(unit)
        webhook_id, secret, now = self._new_id(), format_secret(self._new_secret(SECRET_BYTES)), self._now()
        # The host alone: the path may contain a secret of the agency.
        self._record("webhook.add", f"{agency} {webhook_id} {target.host}", actor, why, now)
        row = {
            "id": webhook_id, "agency": agency, "address": address, "unit": unit,
            "kinds": ",".join(kind for kind in CHANGE_KINDS if not kinds or kind in kinds),
            "secret": seal_secret(self._sealer, secret, webhook_id), "previous_secret": "", "active": True,
            "created_by": actor, "created_at": now, "off_reason": "", "failures": 0,
        }  # fmt: skip
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, WebhookRow).values(row))
        return AddedWebhook(webhook_id, secret)

    def list_webhooks(self, agency: str) -> list[Webhook]:
        """Return the agency's webhooks, the oldest first, each with the number of its waiting deliveries."""
        with read_transaction(self._engine) as connection:
            query = select(*_WEBHOOK_COLUMNS).where(col(WebhookRow.agency) == agency)
            rows = connection.execute(query.order_by(col(WebhookRow.created_at), col(WebhookRow.id))).all()
            return [_webhook(row, connection.execute(_count_waiting(row.id)).scalar_one()) for row in rows]

    def rotate_secret(self, agency: str, webhook_id: UUID, actor: str, why: str) -> str:
        """Return a new secret, which is shown only now. The present one signs beside it for `ROTATION_PERIOD`."""
        row, now = self._row(agency, webhook_id), self._now()
        secret = format_secret(self._new_secret(SECRET_BYTES))
        self._record("webhook.rotate_secret", f"{agency} {webhook_id}", actor, why, now)
        self._update(
            agency,
            webhook_id,
            secret=seal_secret(self._sealer, secret, webhook_id),
            previous_secret=row.secret,
            previous_secret_until=now + ROTATION_PERIOD,
        )
        return secret

    def switch_on(self, agency: str, webhook_id: UUID, actor: str, why: str) -> None:
        """Switch the webhook on. What waits for it is due at once, with all attempts before it."""
        self._row(agency, webhook_id)
        now = self._now()
        self._record("webhook.switch_on", f"{agency} {webhook_id}", actor, why, now)
        restarted = {"next_at": now, "attempts": 0, "first_attempt_at": None, "error": ""}
        with write_transaction(self._engine) as connection:
            active = {"active": True, "off_reason": "", "off_at": None, "failures": 0, "paused_until": None}
            connection.execute(update(WebhookRow).where(_is_of(agency, webhook_id)).values(active))
            connection.execute(update(DeliveryRow).where(_waits_for(webhook_id)).values(restarted))

    def switch_off(self, agency: str, webhook_id: UUID, actor: str, why: str) -> None:
        """Switch the webhook off. Changes wait for it, for `desk.change_age.NOTIFIED_AGE` at most."""
        self._row(agency, webhook_id)
        now = self._now()
        self._record("webhook.switch_off", f"{agency} {webhook_id}", actor, why, now)
        self._update(agency, webhook_id, active=False, off_reason="by_person", off_at=now)

    def remove(self, agency: str, webhook_id: UUID, actor: str, why: str) -> None:
        """Remove the webhook with its secrets and deliveries. What waits for it is never sent."""
        self._row(agency, webhook_id)
        self._record("webhook.remove", f"{agency} {webhook_id}", actor, why, self._now())
        with write_transaction(self._engine) as connection:
            connection.execute(delete(WebhookRow).where(_is_of(agency, webhook_id)))
            connection.execute(delete(DeliveryRow).where(col(DeliveryRow.webhook_id) == webhook_id))

    def send_test(self, agency: str, webhook_id: UUID, actor: str, why: str) -> AttemptResult:
        """Send a test event now, also if the webhook is off, and return the result. It is listed as a delivery.

        A test is sent once. After a success, everything that waits for an active webhook is due at once.
        """
        row, now, event_id = self._row(agency, webhook_id), self._now(), self._new_id()
        self._record("webhook.test", f"{agency} {webhook_id}", actor, why, now)
        previous_is_valid = row.previous_secret_until is not None and row.previous_secret_until > now
        sealed = (row.secret, row.previous_secret if previous_is_valid else "")
        body = build_payload("test", agency, "", "", now)
        try:
            secrets = open_secrets(self._sealer, sealed, webhook_id)
        except UnsealError:
            return AttemptResult(error="secret_unreadable")
        result = self._sender.send(row.address, signed_headers(str(event_id), now, body, secrets), body)
        finished_at = self._now()
        test = new_delivery("test", "", "", now) | {
            "change_id": event_id, "webhook_id": webhook_id, "agency": agency, "next_at": now, "attempts": 1,
            "first_attempt_at": now, "status": "failed" if result.error else "delivered",
            "http_status": result.status, "error": result.error, "finished_at": finished_at,
        }  # fmt: skip
        with write_transaction(self._engine) as connection:
            connection.execute(insert_statement(connection, DeliveryRow).values(test))
            if not result.error:
                reached = {"failures": 0, "paused_until": None, "last_success_at": finished_at}
                connection.execute(update(WebhookRow).where(_is_of(agency, webhook_id)).values(reached))
                connection.execute(update(DeliveryRow).where(_waits_for(webhook_id)).values(next_at=finished_at))
        return result

    def deliveries(
        self, agency: str, webhook_id: UUID, before: int | None = None, limit: int = 50
    ) -> Sequence[Delivery]:
        """Return a page of the webhook's deliveries, the newest first.

        `before` is the `position` of the last delivery of the page before.
        """
        self._row(agency, webhook_id)
        query = select(*_DELIVERY_COLUMNS).where(
            col(DeliveryRow.webhook_id) == webhook_id, col(DeliveryRow.agency) == agency
        )
        if before is not None:
            query = query.where(col(DeliveryRow.position) < before)
        with read_transaction(self._engine) as connection:
            rows: Sequence[Any] = connection.execute(
                query.order_by(col(DeliveryRow.position).desc()).limit(limit)
            ).all()
        return [Delivery(*row) for row in rows]

    def redeliver(self, agency: str, webhook_id: UUID, change_id: UUID, actor: str, why: str) -> None:
        """Send a finished delivery again, with the same id. It waits while the webhook is off.

        A delivery that waits is due at once. Raises `UnknownWebhook` if there is no such delivery, or it is a test.
        """
        self._row(agency, webhook_id)
        now = self._now()
        delivery = and_(
            col(DeliveryRow.webhook_id) == webhook_id,
            col(DeliveryRow.agency) == agency,
            col(DeliveryRow.change_id) == change_id,
            col(DeliveryRow.kind) != "test",
        )
        with read_transaction(self._engine) as connection:
            if connection.execute(select(col(DeliveryRow.position)).where(delivery)).one_or_none() is None:
                raise UnknownWebhook
        self._record("webhook.redeliver", f"{agency} {webhook_id} {change_id}", actor, why, now)
        again = {"status": "waiting", "next_at": now, "attempts": 0, "first_attempt_at": None, "finished_at": None}
        with write_transaction(self._engine) as connection:
            connection.execute(update(DeliveryRow).where(delivery).values(again))

    def _row(self, agency: str, webhook_id: UUID) -> Any:
        columns = (
            col(WebhookRow.address), col(WebhookRow.secret), col(WebhookRow.previous_secret),
            col(WebhookRow.previous_secret_until),
        )  # fmt: skip
        with read_transaction(self._engine) as connection:
            row: Any = connection.execute(select(*columns).where(_is_of(agency, webhook_id))).one_or_none()
        if row is None:
            raise UnknownWebhook
        return row

    def _update(self, agency: str, webhook_id: UUID, **values: object) -> None:
        with write_transaction(self._engine) as connection:
            connection.execute(update(WebhookRow).where(_is_of(agency, webhook_id)).values(values))


def _is_of(agency: str, webhook_id: UUID) -> ColumnElement[bool]:
    return and_(col(WebhookRow.id) == webhook_id, col(WebhookRow.agency) == agency)


def _waits_for(webhook_id: UUID) -> ColumnElement[bool]:
    return and_(col(DeliveryRow.webhook_id) == webhook_id, col(DeliveryRow.status) == "waiting")


def _count_waiting(webhook_id: UUID) -> Any:
    return select(func.count()).select_from(DeliveryRow).where(_waits_for(webhook_id))


def _webhook(row: Any, waiting: int) -> Webhook:
    values = row._asdict()
    return Webhook(**(values | {"kinds": tuple(values["kinds"].split(","))}), waiting=waiting)

"""Worker that delivers the notices: claims due deliveries, sends each in a thread of a bounded pool, stores the result.

A delivery whose process ends in between is sent again when its lease has ended: at least once, with the same id.
"""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from config.database import DatabaseUnavailable
from desk.webhooks.delivery_store import ClaimedDelivery, DeliveryStore
from desk.webhooks.schedule import AttemptResult, Decision, GiveUp, OffReason, SwitchOff, decide_after_attempt
from desk.webhooks.secrets import open_secrets
from desk.webhooks.sender import WebhookSender
from desk.webhooks.signature import build_payload, signed_headers
from messages.sealing import Sealer, UnsealError

# Wait of a delivery whose secret this process cannot open: an operator corrects the key first.
_UNREADABLE_SECRET_DELAY = timedelta(minutes=5)
_SWEEP_INTERVAL = timedelta(minutes=10)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SwitchedOffWebhook:
    """Webhook that the worker is about to switch off. `event_id` is the same if the worker does it a second time."""

    agency: str
    webhook_id: UUID
    reason: OffReason
    event_id: str
    at: datetime


class DeliveryWorker:
    """Delivers until stopped.

    `jitter` returns a random number from 0 to below 1, `new_token` an unguessable token. `on_switched_off` runs before
    a webhook is switched off, perhaps twice with the same event. `threads` is the number of deliveries at once.
    `pause` is the wait in seconds while nothing is due.
    """

    def __init__(
        self,
        store: DeliveryStore,
        sender: WebhookSender,
        sealer: Sealer,
        now: Callable[[], datetime],
        jitter: Callable[[], float],
        new_token: Callable[[], str],
        on_switched_off: Callable[[SwitchedOffWebhook], None],
        stopping: threading.Event,
        pool: Callable[[int, str], Executor],
        threads: int = 16,
        pause: float = 1.0,
    ) -> None:
        self._store = store
        self._sender = sender
        self._sealer = sealer
        self._now = now
        self._jitter = jitter
        self._new_token = new_token
        self._on_switched_off = on_switched_off
        self._stopping = stopping
        self._pool = pool
        self._threads = threads
        self._pause = pause
        self._last_agency = ""
        self._swept_at: datetime | None = None

    def run(self) -> None:
        """Work until stopped, then wait for the deliveries in flight."""
        in_flight: set[Future[None]] = set()
        with self._pool(self._threads, "webhook") as pool:
            while not self._stopping.is_set():
                claimed = self._claim_or_pause(self._threads - len(in_flight))
                in_flight |= {pool.submit(self.deliver, delivery) for delivery in claimed}
                if in_flight:
                    in_flight = wait(in_flight, self._pause, FIRST_COMPLETED).not_done
                elif not claimed:
                    self._stopping.wait(self._pause)

    def claim(self, limit: int) -> list[ClaimedDelivery]:
        """Claim up to `limit` due deliveries, each agency in its turn. Raises `DatabaseUnavailable`."""
        now = self._now()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_INTERVAL:
            self._sweep(now)
        claimed: list[ClaimedDelivery] = []
        agencies = self._store.due_agencies(now) if limit > 0 else []
        # The agency after the one that was served last comes first.
        for agency in sorted(agencies, key=lambda code: (code <= self._last_agency, code)):
            if len(claimed) >= limit:
                break
            claimed += self._store.claim(agency, self._new_token(), now, limit - len(claimed))
            self._last_agency = agency
        return claimed

    def deliver(self, delivery: ClaimedDelivery) -> None:
        """Send one claimed delivery and store its result. Never raises: without a result the lease ends by itself."""
        try:
            secrets = open_secrets(self._sealer, (delivery.secret, delivery.previous_secret), delivery.webhook_id)
        except UnsealError:
            self._postpone(delivery)
            return
        try:
            result = self._send(delivery, secrets)
            self._store_until_done(delivery, result)
        except Exception as error:  # noqa: BLE001 - one delivery must not end the worker
            _log.error("webhook.failed_unexpectedly", webhook_id=str(delivery.webhook_id), exc_info=error)

    def _claim_or_pause(self, limit: int) -> list[ClaimedDelivery]:
        try:
            return self.claim(limit)
        except DatabaseUnavailable as error:
            _log.warning("webhook.database_away", cause=str(error))
            self._stopping.wait(self._pause)
            return []

    def _sweep(self, now: datetime) -> None:
        if expired := self._store.sweep(now):
            _log.warning("webhook.expired", deliveries=expired)
        self._swept_at = now

    def _send(self, delivery: ClaimedDelivery, secrets: list[str]) -> AttemptResult:
        body = build_payload(delivery.kind, delivery.agency, delivery.number, delivery.case_state, delivery.changed_at)
        headers = signed_headers(str(delivery.change_id), self._now(), body, secrets)
        return self._sender.send(delivery.address, headers, body)

    def _store_until_done(self, delivery: ClaimedDelivery, result: AttemptResult) -> None:
        """Store the result, waiting for the database. If stopped meanwhile, the lease ends by itself."""
        while True:
            try:
                self._store_result(delivery, result)
            except DatabaseUnavailable as error:
                _log.warning("webhook.database_away", cause=str(error))
                if self._stopping.wait(self._pause):
                    return
            else:
                return

    def _store_result(self, delivery: ClaimedDelivery, result: AttemptResult) -> None:
        progress = self._store.progress(delivery)
        if progress is None:
            return
        now = self._now()
        decision = decide_after_attempt(result, progress, now, self._jitter())
        if isinstance(decision, SwitchOff):
            event_id = f"{delivery.webhook_id} {delivery.change_id} {progress.earlier_attempts}"
            event = SwitchedOffWebhook(delivery.agency, delivery.webhook_id, decision.reason, event_id, now)
            self._on_switched_off(event)
        if self._store.finish(delivery, result, decision, now):
            _log_decision(delivery, result, decision)

    def _postpone(self, delivery: ClaimedDelivery) -> None:
        _log.error("webhook.secret_unreadable", webhook_id=str(delivery.webhook_id), setting="SATUPINTU_SECRET_KEY")
        try:
            self._store.postpone(delivery, self._now() + _UNREADABLE_SECRET_DELAY, "secret_unreadable")
        except DatabaseUnavailable as error:
            _log.warning("webhook.database_away", cause=str(error))


def _log_decision(delivery: ClaimedDelivery, result: AttemptResult, decision: Decision) -> None:
    """Log the outcome with ids and constants. The address may contain a secret of the agency."""
    facts = {
        "webhook_id": str(delivery.webhook_id),
        "change_id": str(delivery.change_id),
        "agency": delivery.agency,
        "status": result.status,
    }
    match decision:
        case SwitchOff(reason):
            _log.warning("webhook.switched_off", reason=reason, error=result.error, **facts)
        case GiveUp():
            _log.warning("webhook.given_up", error=result.error, **facts)
        case _ if result.error:
            _log.info("webhook.attempt_failed", error=result.error, **facts)
        case _:
            _log.info("webhook.delivered", **facts)

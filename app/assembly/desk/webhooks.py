"""Builds the webhooks of agencies: their operations and their worker."""

import threading
from collections.abc import Callable
from datetime import datetime

from app.assembly.doors.parts import DoorParts
from config.settings import Settings
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.delivery_store import DeliveryStore
from desk.webhooks.sender import WebhookSender
from desk.webhooks.webhooks import Webhooks
from desk.webhooks.worker import DeliveryWorker, SwitchedOffWebhook

# Deliveries of one agency at once, in all processes.
_MAX_PER_AGENCY = 2


def address_guard(settings: Settings) -> AddressGuard:
    """Return the check of addresses that the settings ask for."""
    return AddressGuard(allow_http=settings.webhook_allow_http, allowed_networks=settings.webhook_allowed_networks)


def agency_webhooks(parts: DoorParts, record: Callable[[str, str, str, str, datetime], object]) -> Webhooks:
    """Return the operations. `record` writes the audit log."""
    randomness = parts.randomness
    return Webhooks(
        parts.engine,
        parts.sealer,
        address_guard(parts.settings),
        _sender(parts),
        record,
        parts.now,
        randomness.random_bytes,
        randomness.new_id,
    )


def delivery_worker(
    parts: DoorParts, on_switched_off: Callable[[SwitchedOffWebhook], None], stopping: threading.Event
) -> DeliveryWorker:
    """Return the worker, to be run in a thread."""
    return DeliveryWorker(
        DeliveryStore(parts.engine, _MAX_PER_AGENCY),
        _sender(parts),
        parts.sealer,
        parts.now,
        parts.randomness.fraction,
        parts.randomness.token_hex,
        on_switched_off,
        stopping,
        parts.threads.pool,
    )


def _sender(parts: DoorParts) -> WebhookSender:
    return WebhookSender(address_guard(parts.settings), parts.now, parts.clock.monotonic, parts.threads.call_later)

"""Builds the webhooks of agencies: their operations and their worker."""

import random
import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from sqlalchemy import Engine

from config.settings import Settings
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.delivery_store import DeliveryStore
from desk.webhooks.sender import WebhookSender
from desk.webhooks.webhooks import Webhooks
from desk.webhooks.worker import DeliveryWorker, SwitchedOffWebhook
from messages.sealing import Sealer

# Deliveries of one agency at once, in all processes.
_MAX_PER_AGENCY = 2


def address_guard(settings: Settings) -> AddressGuard:
    """Return the check of addresses that the settings ask for."""
    return AddressGuard(allow_http=settings.webhook_allow_http, allowed_networks=settings.webhook_allowed_networks)


def agency_webhooks(
    engine: Engine,
    sealer: Sealer,
    settings: Settings,
    now: Callable[[], datetime],
    record: Callable[[str, str, str, str, datetime], object],
) -> Webhooks:
    """Return the operations. `record` writes the audit log."""
    guard = address_guard(settings)
    sender = WebhookSender(guard, now)
    return Webhooks(engine, sealer, guard, sender, record, now, secrets.token_bytes, uuid4)


def delivery_worker(
    engine: Engine,
    sealer: Sealer,
    settings: Settings,
    now: Callable[[], datetime],
    on_switched_off: Callable[[SwitchedOffWebhook], None],
    stopping: threading.Event,
) -> DeliveryWorker:
    """Return the worker, to be run in a thread."""
    return DeliveryWorker(
        DeliveryStore(engine, _MAX_PER_AGENCY),
        WebhookSender(address_guard(settings), now),
        sealer,
        now,
        random.SystemRandom().random,
        secrets.token_hex,
        on_switched_off,
        stopping,
    )

"""Builds the webhooks of agencies: their operations and their worker."""

import random
import secrets
import threading
from collections.abc import Callable
from datetime import datetime
from uuid import uuid4

from app.assembly.parts import Parts
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.delivery_store import DeliveryStore
from desk.webhooks.sender import WebhookSender
from desk.webhooks.webhooks import Webhooks
from desk.webhooks.worker import DeliveryWorker, SwitchedOffWebhook

# Deliveries of one agency at once, in all processes.
_MAX_PER_AGENCY = 2


def address_guard(parts: Parts) -> AddressGuard:
    """Return the check of addresses that the settings ask for."""
    settings = parts.settings
    return AddressGuard(allow_http=settings.webhook_allow_http, allowed_networks=settings.webhook_allowed_networks)


def agency_webhooks(parts: Parts, record: Callable[[str, str, str, str, datetime], object] | None = None) -> Webhooks:
    """Return the operations. `record` writes the audit log; without it, actors are those of the command line."""
    guard = address_guard(parts)
    return Webhooks(
        parts.engine,
        parts.sealer,
        guard,
        WebhookSender(guard, parts.now),
        record or parts.audit_log.append,
        parts.now,
        secrets.token_bytes,
        uuid4,
    )


def delivery_worker(
    parts: Parts, on_switched_off: Callable[[SwitchedOffWebhook], None], stopping: threading.Event
) -> DeliveryWorker:
    """Return the worker, to be run in a thread."""
    return DeliveryWorker(
        DeliveryStore(parts.engine, _MAX_PER_AGENCY),
        WebhookSender(address_guard(parts), parts.now),
        parts.sealer,
        parts.now,
        random.SystemRandom().random,
        secrets.token_hex,
        on_switched_off,
        stopping,
    )

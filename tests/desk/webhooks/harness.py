"""Webhooks, queue and worker on one database, with a clock and random values under control."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import count
from uuid import UUID

from sqlalchemy import Engine, select
from sqlmodel import col

from app.threads import system_threads
from config.database import read_transaction, write_transaction
from desk.changes import CaseChange, ChangeKind
from desk.webhooks.address_guard import AddressGuard
from desk.webhooks.change_queue import ChangeQueue
from desk.webhooks.delivery_store import DeliveryStore
from desk.webhooks.sender import WebhookSender
from desk.webhooks.switched_off import count_switched_off
from desk.webhooks.tables import DeliveryRow
from desk.webhooks.webhooks import AddedWebhook, Webhooks
from desk.webhooks.worker import DeliveryWorker, SwitchedOffWebhook
from messages.sealing import Sealer
from tests.desk.webhooks.receiver import LOOPBACK, Clock

AGENCY, OTHER_AGENCY = "bumn-pln", "kota-3374"
MAX_PER_AGENCY = 2
SEALER = Sealer([b"k" * 64])
_PATIENCE_SECONDS = 60.0


def change(
    sequence: int, number: str = "L1", kind: ChangeKind = "received", agency: str = AGENCY, at: datetime | None = None
) -> CaseChange:
    """Return a change of a case. Its id follows from the sequence."""
    return CaseChange(UUID(int=sequence), kind, agency, number, UUID(int=7), "new", at or Clock().time)


@dataclass
class Harness:
    """`acts` are the rows of the audit log, `switched_off` the webhooks that the worker switched off."""

    engine: Engine
    clock: Clock = field(default_factory=Clock)
    acts: list[tuple[str, str, str, str]] = field(default_factory=list)
    switched_off: list[SwitchedOffWebhook] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        """Build the parts."""
        guard = AddressGuard(
            allow_http=True, allowed_networks=[ip_network(LOOPBACK)], resolve=lambda _host, _port: ["127.0.0.1"]
        )
        self.sender = WebhookSender(guard, self.clock, time.monotonic, system_threads().call_later)
        numbers = count(1)
        self.webhooks = Webhooks(
            self.engine,
            SEALER,
            guard,
            self.sender,
            self.record,
            self.clock,
            lambda length: bytes([next(numbers)]) * length,
            lambda: UUID(int=(1 << 64) + next(numbers)),
        )
        self.queue = ChangeQueue(self.clock)
        self.worker = self.new_worker()

    def new_worker(self, sealer: Sealer = SEALER, store: DeliveryStore | None = None) -> DeliveryWorker:
        """Return another worker on the same database, as in another process."""
        numbers = count(1)
        return DeliveryWorker(
            store or DeliveryStore(self.engine, MAX_PER_AGENCY),
            self.sender,
            sealer,
            self.clock,
            lambda: 0.5,
            lambda: f"lease-{id(numbers)}-{next(numbers)}",
            self.switched_off.append,
            self.stopping,
            ThreadPoolExecutor,
            pause=0.05,
        )

    def record(self, action: str, subject: str, actor: str, why: str, _at: datetime) -> None:
        """Write the audit log."""
        self.acts.append((action, subject, actor, why))

    def add(self, address: str, *kinds: ChangeKind, agency: str = AGENCY) -> AddedWebhook:
        """Add a webhook."""
        return self.webhooks.add(agency, address, kinds, "siti", "uji")

    def enqueue(self, *changes: CaseChange) -> None:
        """Store changes, as the sink of the read model does."""
        with write_transaction(self.engine) as connection:
            self.queue.add(connection, changes)

    def deliver_all(self, limit: int = 100) -> int:
        """Deliver until nothing more is due; return the number of attempts."""
        attempts = 0
        while claimed := self.worker.claim(limit):
            for delivery in claimed:
                self.worker.deliver(delivery)
            attempts += len(claimed)
        return attempts

    def pass_time(self, **period: float) -> int:
        """Let time pass, then deliver what is due; return the number of attempts."""
        self.clock.advance(timedelta(**period))
        return self.deliver_all()

    def statuses(self) -> Sequence[tuple[str, str]]:
        """Return number and status of each delivery in their order."""
        query = select(col(DeliveryRow.number), col(DeliveryRow.status)).order_by(col(DeliveryRow.position))
        with read_transaction(self.engine) as connection:
            return [(row[0], row[1]) for row in connection.execute(query)]

    def count_switched_off(self) -> int:
        """Return the number of webhooks that the monitor shows."""
        with read_transaction(self.engine) as connection:
            return count_switched_off(connection)

"""Forgetting at the request of an officer: finds the person, records the act, publishes the tombstone and erases."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import col, select

from app.operations.forgetting.forgetting import Erasure, Forgetting, tombstones
from app.operations.forgetting.leftovers import Leftovers, read_leftovers
from app.operations.forgetting.person import Person, sender_of
from app.operations.not_possible import NotPossible
from app.operations.recorder import Recorder
from bus.port import Bus
from cases.facts.conditions import IS_SET_ASIDE
from cases.facts.tables import ComplaintFact, EventFact
from config.database import read_transaction
from messages import ids


class ForgettingRequests:
    """Requests by number or by the sender's link. Every method may raise the errors of bus and database."""

    def __init__(self, engine: Engine, bus: Bus, forgetting: Forgetting, log: Recorder) -> None:
        self._engine = engine
        self._bus = bus
        self._forgetting = forgetting
        self._log = log

    def message_of(self, number: str) -> UUID:
        """Return the arrival with this tracking number. Raises `NotPossible` for a number that the ledger lacks."""
        with read_transaction(self._engine) as connection:
            for query in (
                select(col(ComplaintFact.message_id)).where(col(ComplaintFact.tracking) == number),
                select(col(EventFact.message_id)).where(col(EventFact.tracking) == number, IS_SET_ASIDE),
            ):
                if message_id := min(connection.execute(query).scalars(), default=None):
                    return message_id
        raise NotPossible(f"{number} is not in the ledger (yet).", "not-in-ledger", number=number)

    def preview(self, message_id: UUID, now: datetime) -> tuple[Person, Leftovers]:
        """Return the person who sent a message, and what cannot be taken back. Raises `NotPossible`."""
        person = self._forgetting.find(self._sender(message_id), now)
        return person, self._leftovers(person)

    def forget(
        self, message_id: UUID, actor: str, why: str, now: datetime, publish: Callable[..., object]
    ) -> tuple[Erasure, Leftovers]:
        """Forget the person who sent a message. Raises `NotPossible` if nobody knows who that was."""
        sender = self._sender(message_id)
        self._log.append("person.forget", str(ids.complaint_id(message_id)), actor, why, now)
        publish(tombstones(self._forgetting.find(sender, now), now, "officer", message_id))
        erasure = self._forgetting.forget(sender, now, "officer")
        return erasure, self._leftovers(erasure.person)

    def _leftovers(self, person: Person) -> Leftovers:
        with read_transaction(self._engine) as connection:
            return read_leftovers(connection, person)

    def _sender(self, message_id: UUID) -> str:
        complaint_id = ids.complaint_id(message_id)
        with read_transaction(self._engine) as connection:
            if sender := sender_of(connection, complaint_id):
                return sender
        raise NotPossible("The sender of this report is not known: its records have expired.", "not-in-ledger")

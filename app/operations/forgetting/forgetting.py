"""Forgets persons: marks them, removes their words and contacts, and destroys their keys after a grace.

The order makes it safe to interrupt and to repeat: the tombstone on the bus, then the mark in the database (from then
on nobody writes words of the person), then the end of the keys' use, then the erasure. The grace is longer than any
process keeps a key in its cache; at its end the erasure is repeated, for what a stage wrote at the moment of the mark.
A person is done when no key is left that was made before the mark.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Engine

from app.operations.forgetting.erasure import erase
from app.operations.forgetting.person import Person, SenderHash, read_person
from app.operations.forgetting.resealing import reseal_contacts
from bus.port import Outgoing
from cases.derivations.position import behind_forgetting
from cases.facts.log import log_forgotten
from config.database import read_transaction, truncate_journal, write_anew, write_transaction
from desk.read_model.search import erase_removed_words
from messages import codec, ids
from messages.forgotten import Forgotten
from messages.sealing import Sealer
from messages.shapes import iso
from messages.topics import FORGOTTEN
from normalize.revision import lock_decisions
from privacy.forgetting_store import DuePerson, due_persons, mark_forgotten, mark_reports, record_destruction
from privacy.key_store import KeyStore

# Keys are destroyed this long after the request. A process keeps a key for five minutes at most.
GRACE = timedelta(hours=24)
_SOURCE = "/satu-pintu/operations"
_MESSAGES_AT_ONCE = 200

RequestedBy = Literal["sender", "officer"]


@dataclass(frozen=True, slots=True)
class Erasure:
    """Result: the person, and the numbers of rows that were deleted or emptied, by table."""

    person: Person
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class Destruction:
    """Result of destroying keys. `waits_for` is the reason why none was destroyed yet, for persons who are due."""

    persons: int = 0
    keys: int = 0
    waits_for: str = ""


class Forgetting:
    """Forgets persons in the database of `engine`. Every method may raise `DatabaseUnavailable`.

    `keys` has the keys of the persons. `sealer` seals the contacts of later reports again before a key is destroyed.
    `derivations` are the names of those whose rows may have words: no key is destroyed before they have passed them.
    """

    def __init__(
        self,
        engine: Engine,
        keys: KeyStore,
        sender_hash: SenderHash,
        sealer: Sealer,
        now: Callable[[], datetime],
        derivations: Collection[str],
    ) -> None:
        self._engine = engine
        self._keys = keys
        self._sender_hash = sender_hash
        self._sealer = sealer
        self._now = now
        self._derivations = derivations

    def find(self, sender: str, until: datetime) -> Person:
        """Return the person behind a sender, with the messages until a moment."""
        with read_transaction(self._engine) as connection:
            return read_person(connection, sender, until, self._sender_hash)

    def forget(
        self, sender: str, at: datetime, requested_by: RequestedBy, complaint_ids: Collection[UUID] = ()
    ) -> Erasure:
        """Forget the person behind a sender, with all messages until `at`.

        `complaint_ids` are those that a tombstone names: after a restore nobody else knows yet whose they are.
        """
        return self._erase(self._mark(sender, at, requested_by, complaint_ids))

    def finish(self, waits_for: Callable[[datetime], str]) -> Destruction:
        """Destroy the keys of persons whose grace has ended.

        `waits_for` returns why a message that arrived until a moment may not be processed yet; its keys are needed.
        Raises `Retry` if a root key is missing.
        """
        now = self._now()
        with read_transaction(self._engine) as connection:
            due = due_persons(connection, now)
        if not due:
            return Destruction()
        with read_transaction(self._engine) as connection:
            behind = behind_forgetting(connection, self._derivations)
        if behind:
            return Destruction(waits_for=f"words are not removed yet from the rows of: {', '.join(behind)}")
        # No process seals with a key for longer than a cache lives after the mark.
        if reason := waits_for(max(person.due_at for person in due) - GRACE):
            return Destruction(waits_for=reason)
        keys = sum(self._finish(person, now) for person in due)
        for engine in {self._engine, self._keys.engine}:
            write_anew(engine)
        return Destruction(len(due), keys)

    def _finish(self, due: DuePerson, now: datetime) -> int:
        """Destroy the keys of a person. Return their number."""
        person = self._mark(due.asked_for, due.forgotten_at, due.requested_by)
        self._erase(person)
        reseal_contacts(self._engine, self._sealer, person.senders)
        marked_at = due.due_at - GRACE
        # Only a request that was interrupted after its mark has left a key in use. It has the grace from now on.
        self._keys.retire(person.senders, now, made_until=marked_at)
        keys = self._keys.destroy(person.senders, now - GRACE)
        if not self._keys.has_usable(person.senders, marked_at):
            with write_transaction(self._engine) as connection:
                record_destruction(connection, person.senders, now)
        return keys

    def _mark(self, sender: str, at: datetime, requested_by: str, complaint_ids: Collection[UUID] = ()) -> Person:
        """Mark a person, then retire the keys: what was sealed with a key that is made afterwards is not forgotten."""
        now = self._now()
        with write_transaction(self._engine) as connection:
            # No message of the person is decided between the look for messages and the mark.
            lock_decisions(connection)
            mark_reports(connection, sender, complaint_ids, at)
            person = read_person(connection, sender, at, self._sender_hash)
            fresh = mark_forgotten(connection, person.senders, requested_by, at, now + GRACE)
            mark_reports(connection, sender, person.complaint_ids, at)
        self._keys.retire(fresh, now)
        return person

    def _erase(self, person: Person) -> Erasure:
        counts: dict[str, int] = {}
        for part in _parts(person):
            with write_transaction(self._engine) as connection:
                for table, count in erase(connection, part).items():
                    counts[table] = counts.get(table, 0) + count
                log_forgotten(connection, part.complaint_ids, self._now())
        erase_removed_words(self._engine)
        truncate_journal(self._engine)
        return Erasure(person, counts)


def _parts(person: Person) -> Iterator[Person]:
    """Yield the person with a part of the messages: one transaction does not hold its locks for long."""
    starts = range(0, max(len(person.messages), 1), _MESSAGES_AT_ONCE)
    yield from (Person(person.senders, person.messages[start : start + _MESSAGES_AT_ONCE]) for start in starts)


def tombstones(person: Person, at: datetime, requested_by: RequestedBy, message_id: UUID) -> Sequence[Outgoing]:
    """Return the record for each sender of the person. `message_id` is that of the report or request."""
    return [
        Outgoing(FORGOTTEN, *codec.encode(_tombstone(sender, person, at, requested_by, message_id), sender, _SOURCE))
        for sender in person.senders
    ]


def _tombstone(sender: str, person: Person, at: datetime, requested_by: RequestedBy, message_id: UUID) -> Forgotten:
    return Forgotten(
        id=ids.forgotten_id(sender, iso(at)),
        message_id=message_id,
        at=at,
        sender=sender,
        requested_by=requested_by,
        complaint_ids=_sorted(message.complaint_id for message in person.messages if message.sender == sender),
    )


def _sorted(values: Iterable[UUID]) -> tuple[UUID, ...]:
    return tuple(sorted(values))

"""A person who is to be forgotten: all senders by which the person wrote, and all messages.

A follow-up by the own link has the report as its sender. So the senders of a person are found from message to message.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import col

from config.conditions import is_one_of
from messages.ids import reviewed_message_id
from privacy.tables import PersonReport

# Returns the keyed hash of a sender (`ingest.wrap.Wrapper.sender_hash`).
SenderHash = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message of the person. `message_id` is empty if only a tombstone named it."""

    complaint_id: UUID
    message_id: UUID | None
    sender: str
    received_at: datetime | None
    has_shared_seal: bool


@dataclass(frozen=True, slots=True)
class Person:
    """The senders, the first of them the sender of the report, and the messages until a moment."""

    senders: tuple[str, ...]
    messages: tuple[SentMessage, ...]

    @property
    def complaint_ids(self) -> frozenset[UUID]:
        """Ids of the complaints that the messages became or would have become."""
        return frozenset(message.complaint_id for message in self.messages)

    @property
    def message_ids(self) -> frozenset[UUID]:
        """Ids of the arrivals, also as a person of staff released them."""
        arrivals = [message.message_id for message in self.messages if message.message_id]
        return frozenset([*arrivals, *map(reviewed_message_id, arrivals)])


def read_person(connection: Connection, sender: str, until: datetime, sender_hash: SenderHash) -> Person:
    """Return the person behind a sender, with all messages that arrived until a moment."""
    senders, messages, latest = [sender], dict[UUID, SentMessage](), {sender}
    while latest:
        sent = [message for message in _messages(connection, latest) if _is_until(message, until)]
        messages |= {message.complaint_id: message for message in sent}
        links = (sender_hash(f"report:{message.message_id}") for message in sent if message.message_id)
        latest = set(links) - set(senders)
        senders += sorted(latest)
    return Person(tuple(senders), tuple(messages.values()))


def sender_of(connection: Connection, complaint_id: UUID) -> str | None:
    """Return the sender of a complaint; `None` if no table knows it."""
    query = select(col(PersonReport.sender)).where(col(PersonReport.complaint_id) == complaint_id)
    return connection.execute(query).scalar_one_or_none()


def _messages(connection: Connection, senders: Collection[str]) -> Iterable[SentMessage]:
    names = ("complaint_id", "message_id", "sender", "received_at", "has_shared_seal")
    query = select(*(col(getattr(PersonReport, name)) for name in names)).order_by(col(PersonReport.complaint_id))
    for row in connection.execute(query.where(is_one_of(col(PersonReport.sender), senders))):
        yield SentMessage(*row)


def _is_until(message: SentMessage, until: datetime) -> bool:
    return message.received_at is None or message.received_at <= until

"""Tables of keys and persons. A person is the keyed hash of a sender (`messages.shapes.RawMessage.sender`)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import IDS, declared, emptied, kept

_IS_ACTIVE = text("retired_at IS NULL")
_IS_RETIRED = text("retired_at IS NOT NULL")


class PersonKeyRow(SQLModel, table=True):
    """Key of one person, wrapped by the root key with the id `root_key_id`.

    On SQLite the rows are in a file of their own (`privacy.key_file`), and the table in the database is empty.

    Nothing new is sealed with a key after `retired_at`. A destroyed key has an empty `wrapped` and an empty
    `root_key_id`; its row stays, so that a replayed message is known as forgotten.
    """

    __tablename__ = "person_key"
    # Two indexes for active and retired keys: a new key is in one of them. Each index costs a door a page for a sender.
    __table_args__ = (
        Index("uq_person_key_active", "sender", unique=True, sqlite_where=_IS_ACTIVE, postgresql_where=_IS_ACTIVE),
        Index("ix_person_key_retired", "sender", sqlite_where=_IS_RETIRED, postgresql_where=_IS_RETIRED),
        declared(emptied("retired at once, destroyed after the grace"), retention="person-keys"),
    )

    key_id: str = Field(primary_key=True)
    sender: str
    wrapped: str
    root_key_id: str
    created_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ServiceKey(SQLModel, table=True):
    """The id of the shared key of the service, and the process that registered it. See `privacy.service_keys`."""

    __tablename__ = "service_key"
    __table_args__ = declared(kept("the id of a key of the service"), retention="operation")

    key_id: str = Field(primary_key=True)
    instance: str
    registered_at: datetime = Field(sa_type=UtcDateTime)


class PersonReport(SQLModel, table=True):
    """A message of a person, by the complaint that it is or would be. The normalizer writes it with its decision.

    `message_id` is that of the arrival; it and `received_at` are empty if only a tombstone named the complaint.
    `has_shared_seal`: the arrival was sealed with the shared key, so that it can be opened as long as the topic has it.
    `forgotten_at` is the time of the request to forget it, or of the purge at the end of its retention. After that
    purge `sender` leads to no person.
    """

    __tablename__ = "person_report"
    __table_args__ = declared(
        kept("ids and keyed hash: the list of what must not be written again"), retention="case-senders"
    )

    complaint_id: UUID = Field(primary_key=True)
    message_id: UUID | None = None
    sender: str = Field(index=True)
    received_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    has_shared_seal: bool
    forgotten_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class WaitingRequest(SQLModel, table=True):
    """A request to be forgotten that came before its report: nobody knows the sender yet.

    `complaint_id` is the report, `message_id` the arrival of the request, `at` its time. The tombstone that names the
    report ends the wait.
    """

    __tablename__ = "forgotten_waiting"
    __table_args__ = declared(IDS, retention="exactly-once")

    complaint_id: UUID = Field(primary_key=True)
    message_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class ForgottenSender(SQLModel, table=True):
    """A sender who is forgotten, with all messages that arrived until `forgotten_at`.

    `asked_for` is the sender whose reports led to this one: a follow-up by the own link has a sender of its own. The
    keys are destroyed after `due_at`; `finished_at` is the time when that was done.
    """

    __tablename__ = "forgotten_sender"
    __table_args__ = declared(kept("the tombstone: keyed hash and time"), retention="forgotten")

    sender: str = Field(primary_key=True)
    asked_for: str = Field(index=True)
    requested_by: str
    forgotten_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

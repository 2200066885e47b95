"""Database tables of the mobile door. They contain a device only as a keyed hash: its id is as secret as a password."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime
from config.table_declaration import declared, deleted, emptied, kept


class DeviceRow(SQLModel, table=True):
    """A registered device. Tokens of an earlier `epoch` are revoked. `push` is sealed under the device's id."""

    __tablename__ = "ingest_device"
    __table_args__ = declared(
        emptied("push token; the registration stays, so that the app is not signed out"), retention="devices"
    )

    device: str = Field(primary_key=True)
    epoch: int
    push: str
    registered_at: datetime = Field(sa_type=UtcDateTime)


class DeviceMessage(SQLModel, table=True):
    """A published report of a device. `thread` is the client id of the report that it adds to, or its own."""

    __tablename__ = "ingest_device_message"
    __table_args__ = declared(deleted("list of own reports in the app"), retention="case-senders")

    message_id: UUID = Field(primary_key=True)
    device: str = Field(index=True)
    client_id: UUID | None
    thread: UUID | None
    tracking: str
    at: datetime = Field(sa_type=UtcDateTime)


class DeviceSequence(SQLModel, table=True):
    """A sequence number of a device, and the report that has it."""

    __tablename__ = "ingest_device_sequence"
    __table_args__ = declared(
        kept("numbers; without them a report that is sent again would be a second one"), retention="devices"
    )

    device: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    message_id: UUID


class UploadRow(SQLModel, table=True):
    """An upload of a file.

    `kept` is sealed JSON of the stored attachment. `refused` is the reason if the file could not be stored.
    """

    __tablename__ = "ingest_upload"
    __table_args__ = declared(deleted("uploads of the person's devices"), retention="unsent-files")

    id: UUID = Field(primary_key=True)
    device: str = Field(index=True)
    length: int
    kept: str
    refused: str
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class UploadPart(SQLModel, table=True):
    """Some bytes of a file, sealed under the upload's id. Deleted when the file is complete."""

    __tablename__ = "ingest_upload_part"
    __table_args__ = declared(deleted("uploads of the person's devices"), retention="unsent-files")

    upload_id: UUID = Field(primary_key=True)
    start: int = Field(primary_key=True)
    size: int
    body: str

"""What the mobile door remembers. A device stands here under a keyed hash: its id is as good as a password."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from config.database import UtcDateTime


class DeviceRow(SQLModel, table=True):
    """A device that registered. Tokens of an earlier `epoch` are dead; `push` is sealed under the device's id."""

    __tablename__ = "ingest_device"

    device: str = Field(primary_key=True)
    epoch: int
    push: str
    registered_at: datetime = Field(sa_type=UtcDateTime)


class DeviceMessage(SQLModel, table=True):
    """A report of a device that is on the bus. `thread` is the client id of the report that it is about, or its own."""

    __tablename__ = "ingest_device_message"

    message_id: UUID = Field(primary_key=True)
    device: str = Field(index=True)
    client_id: UUID | None
    thread: UUID | None
    tracking: str
    at: datetime = Field(sa_type=UtcDateTime)


class DeviceSequence(SQLModel, table=True):
    """A number of a device's own count, and what came under it."""

    __tablename__ = "ingest_device_sequence"

    device: str = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    message_id: UUID


class UploadRow(SQLModel, table=True):
    """A file on its way. `kept` is sealed JSON of what was made of it; `refused` is why nothing could be."""

    __tablename__ = "ingest_upload"

    id: UUID = Field(primary_key=True)
    device: str = Field(index=True)
    length: int
    kept: str
    refused: str
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class UploadPart(SQLModel, table=True):
    """Some bytes of a file, sealed under its id; gone when the file is whole."""

    __tablename__ = "ingest_upload_part"

    upload_id: UUID = Field(primary_key=True)
    start: int = Field(primary_key=True)
    size: int
    body: str

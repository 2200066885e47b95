"""What the mobile door is sent and answers, beside the reports themselves (`messages.submission`)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from ingest.http.problems import FieldError
from messages.shapes import Moment, Shape
from messages.submission import OutboxItem


class Registration(Shape):
    """A device asks for a token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device_id: UUID = Field(description="Made by the app once, at random, and shown to nobody.")
    attestation: str = Field(
        "", max_length=65_536, description="Statement of the app store about the app. Accepted and not checked."
    )
    push_token: str | None = Field(None, max_length=4096, description="Where the app is told of answers.")


class DeviceToken(Shape):
    """Good for every other request until it expires; a new one may be asked for at any time."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's word
    expires_at: Moment


class Accepted(Shape):
    """A report is on its way."""

    tracking: str
    status_url: str


class BatchReports(Shape):
    """What a device has not sent yet, or not successfully."""

    items: tuple[OutboxItem, ...] = Field(min_length=1, max_length=50)


class BatchResult(Shape):
    """What became of one item: `known` was accepted before; `refused` must be mended, or tried again where it says so.

    `sequence` and `client_id` are the item's own, as far as they could be read.
    """

    sequence: int | None
    client_id: UUID | None
    status: Literal["accepted", "known", "refused"]
    tracking: str = ""
    status_url: str = ""
    reason: str = ""
    title: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after: int | None = Field(None, description="Seconds; given where the same again will be taken.")


class SequenceState(Shape):
    """How far the device's count came here. `missing`: ranges below `highest`, first and last, that did not come."""

    highest: int
    missing: tuple[tuple[int, int], ...]


class BatchAnswer(SequenceState):
    """One result for each item, in their order."""

    results: tuple[BatchResult, ...]


class UploadState(Shape):
    """An upload; `offset` is where to go on."""

    id: UUID
    length: int
    offset: int
    expires_at: Moment


class FeedEntry(Shape):
    """A report of this device. `thread`: the client id of the report that it is about, or its own."""

    tracking: str
    client_id: UUID | None
    thread: UUID | None
    received_at: Moment
    state: Literal["diterima", "terverifikasi", "terdisposisi", "proses", "selesai"]
    changed_at: Moment
    agency: str
    belongs_to: str | None = Field(description="The number of the report that this one was added to.")
    status_url: str


class Feed(Shape):
    """The device's reports, newest first."""

    reports: tuple[FeedEntry, ...]


class ReportState(Shape):
    """What is known of a report's way; `state` is one of the service's own words."""

    state: Literal["terverifikasi", "terdisposisi", "proses", "selesai"]
    changed_at: datetime
    agency: str = ""
    belongs_to: str | None = None

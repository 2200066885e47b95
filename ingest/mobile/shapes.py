"""Request and response shapes of the mobile door. The reports themselves are in `messages.payloads.submission`."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from messages.payloads.submission import OutboxItem
from messages.replies.report_states import ReportState
from messages.shapes import Moment, Shape
from pages.refusals import FieldError


class Registration(Shape):
    """Request of a device for a token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device_id: UUID = Field(description="Random, made by the app once, and shown to nobody.")
    attestation: str = Field(
        "", max_length=65_536, description="Statement of the app store about the app. Accepted and not checked."
    )
    push_token: str | None = Field(None, max_length=4096, description="Address for push messages about answers.")


class DeviceToken(Shape):
    """Token for all other requests until it expires. The app may ask for a new one at any time."""

    token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - RFC 6750's word
    expires_at: Moment


class Accepted(Shape):
    """A report was accepted."""

    tracking: str
    status_url: str
    link: str = Field(description="The sender's own page of this report. Whoever has it can write to the report.")


class BatchReports(Shape):
    """Reports that a device has not sent yet, or not successfully."""

    items: tuple[OutboxItem, ...] = Field(min_length=1, max_length=50)


class BatchResult(Shape):
    """Result of one item: accepted, `known` (accepted before), or refused.

    A refused item must be corrected; with `retry_after` the same item may be sent again. `sequence` and `client_id`
    are those of the item, as far as they could be read.
    """

    sequence: int | None
    client_id: UUID | None
    status: Literal["accepted", "known", "refused"]
    tracking: str = ""
    status_url: str = ""
    link: str = Field("", description="The sender's own page of this report.")
    reason: str = ""
    title: str = ""
    errors: tuple[FieldError, ...] = ()
    retry_after: int | None = Field(None, description="Seconds; given if the same item can be accepted later.")


class SequenceState(Shape):
    """Highest sequence number of the device, and the missing ranges below it (first and last number)."""

    highest: int
    missing: tuple[tuple[int, int], ...]


class BatchAnswer(SequenceState):
    """One result for each item, in the order of the items."""

    results: tuple[BatchResult, ...]


class UploadState(Shape):
    """An upload. The app continues at `offset`."""

    id: UUID
    length: int
    offset: int
    expires_at: Moment


class FeedPart(Shape):
    """A part of a report that was divided. `number` is that of the part; the report itself is part 1."""

    tracking: str
    number: int
    state: ReportState
    sentence: str = Field(description="The state in a sentence, which may be shown as it is.")
    agency: str
    status_url: str
    link: str = Field(description="The sender's own page of this part, with all words and acts.")


class FeedEntry(Shape):
    """A report of this device. `thread` is the client id of the report that it adds to, or its own client id."""

    tracking: str
    client_id: UUID | None
    thread: UUID | None
    received_at: Moment
    state: ReportState
    sentence: str = Field(description="The state in a sentence, which may be shown as it is.")
    changed_at: Moment
    agency: str
    belongs_to: str | None = Field(description="Number of the report that this one was added to.")
    status_url: str
    answer: str = Field(description="Words of the agency's last answer; empty without one.")
    pictures: tuple[str, ...] = Field(
        (), description="Addresses of the pictures of that answer, without a token: who has one can open it, as `link`."
    )
    document: str = Field(
        "", description="Address of the document (PDF) of that answer, as of its pictures; empty without one."
    )
    question: str = Field(description="The agency's question, while it waits for an answer of the user.")
    link: str = Field(description="The sender's own page of this report, with all words.")
    asks_rating: bool = Field(
        False,
        description="The sender was asked how the report was handled: the answer is a follow-up with the act `rates`.",
    )
    parts: tuple[FeedPart, ...] = Field(
        (), description="The parts into which the report was divided. `state` is that of all parts together."
    )


class Feed(Shape):
    """Reports of the device, newest first."""

    reports: tuple[FeedEntry, ...]


class ShownPart(Shape):
    """What the ledger knows about a part of a report."""

    tracking: str
    number: int
    state: ReportState
    sentence: str
    agency: str


class ShownReport(Shape):
    """State of a report in the ledger, with its sentence. `pictures` and `document` are ids of files of the answer."""

    state: ReportState
    sentence: str
    changed_at: datetime
    agency: str = ""
    belongs_to: str | None = None
    answer: str = ""
    question: str = ""
    pictures: tuple[UUID, ...] = ()
    document: UUID | None = None
    asks_rating: bool = False
    parts: tuple[ShownPart, ...] = ()

"""The shapes that travel between the stages. Frozen; a stage that wants another makes a new one."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from messages.gsm_alphabet import SEGMENT, fits_one_sms
from messages.sealing import Sealed


def iso(at: datetime) -> str:
    """A moment on the wire: RFC 3339, UTC, milliseconds, so that equal moments are equal bytes."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]


class Shape(BaseModel):
    """A frozen value. Fields it does not know are passed over: a consumer may be older than its producer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WireModel(Shape):
    """A shape that is a record of its own on a topic. `name` and `version` make its CloudEvents type."""

    name: ClassVar[str]
    version: ClassVar[int] = 1

    id: UUID
    message_id: UUID = Field(description="The arrival this follows from; the trace id of all that follows from it.")
    at: Moment


# Name of a channel, such as `web` or `sms`. Any name of this form is valid here: a stage rejects a record whose channel
# is not among those it was given.
Channel: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]


class Kind(StrEnum):
    """The service's three kinds of report."""

    PENGADUAN = "pengaduan"
    ASPIRASI = "aspirasi"
    PERMINTAAN_INFORMASI = "permintaan-informasi"


class Place(Shape):
    """Where it happened, as the sender said it; nothing here has been checked."""

    region: str = Field("", max_length=200, description="Province, regency or city, in the sender's words.")
    district: str = Field("", max_length=200, description="District (kecamatan, distrik) within the region.")
    code: str = Field("", max_length=8, description="Official code of the region picked from the list, as in 33.74.01.")
    address: str = Field("", max_length=500, description="Street, village, landmark.")
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    accuracy: float | None = Field(None, ge=0, description="Metres around the coordinates, as the device says.")


class Attachment(Shape):
    """A picture or document that came with a report; the bytes are kept apart, under `id`, without their metadata."""

    id: UUID
    media_type: Literal["image/jpeg", "image/png", "image/webp", "application/pdf"]
    size: int = Field(ge=0, description="Bytes, as kept.")
    sha256: str = Field(description="Of the bytes as kept.")


class Report(Shape):
    """What a citizen says: the part of a complaint that an agency needs, without who says it."""

    kind: Kind = Kind.PENGADUAN
    title: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    happened: str = Field("", max_length=100, description="When it happened, in the sender's words.")
    place: Place = Place()
    agency: str = Field("", max_length=200, description="The agency the citizen names, in the citizen's words.")
    anonim: bool = Field(False, description="The identity stays hidden from the agency.")
    rahasia: bool = Field(False, description="The report is not shown publicly.")
    partial: bool = Field(False, description="Parts of it have not arrived (yet).")
    attachments: tuple[Attachment, ...] = ()
    unfetched: int = Field(0, ge=0, description="Files that came with it and could not be fetched or kept.")


class Contact(Shape):
    """Who says it, and how to answer. Travels only sealed."""

    name: str = Field("", max_length=200)
    phone: str = Field("", max_length=40, description="E.164 where it could be read as a number.")
    email: str = Field("", max_length=200)
    post: str = Field("", max_length=40, description="The tweet to reply to.")
    account: str = Field("", max_length=40, description="The account to write to where nobody else may read.")
    push: str = Field("", max_length=4096, description="The app's push token.")


VerifiedBy = Literal["twilio-signature", "twilio-api", "smpp-bind", "x-api", "device-token", "none"]


class RawMessage(WireModel):
    """An arrival as the provider delivered it. `id` and `message_id` are the same."""

    name: ClassVar[str] = "raw-message"

    channel: Channel
    provider_id: str = Field(description="The provider's own id of the message: MessageSid, tweet id, idempotency key.")
    sender: str = Field(description="Keyed hash of who sent it; the same person on one channel has the same.")
    tracking: str
    verified_by: VerifiedBy = Field(description="What proved where it came from.")
    content_type: str
    attachments: tuple[Attachment, ...] = ()
    unfetched: int = Field(0, ge=0, description="Files that the body names and that could not be fetched or kept.")
    body: Sealed = Field(description="The provider's bytes, untouched, sealed.")


# The evidence of a relation that a person decided.
SPLIT = "split-by-person"
MERGED = "merged-by-person"


class Relation(Shape):
    """How a complaint stands to earlier ones: `repeat` is the same citizen's, `joins` another's, same matter."""

    kind: Literal["new", "repeat", "joins"] = "new"
    of: UUID | None = None
    evidence: tuple[str, ...] = ()
    since: Moment | None = Field(None, description="When the matter was first reported, whichever came in first.")

    @property
    def follows_root(self) -> bool:
        """Whether it lies where that one lies whatever its own words say: its own citizen or a person decided so."""
        return self.kind == "repeat" or MERGED in self.evidence


class Complaint(WireModel):
    """One citizen's complaint, read and cleaned. `at` is when its message arrived."""

    name: ClassVar[str] = "complaint"

    tracking: str
    channel: Channel
    sender: str
    report: Report
    contact: Sealed
    relation: Relation = Relation()


class Reason(Shape):
    """Why a door was chosen: the rule that spoke, and what a liaison officer reads."""

    rule: str
    says: str


class Dispatch(WireModel):
    """A complaint at an agency's door. It carries the report, never the sender.

    One that is no case of its own belongs to the complaint in `relation.of`, which lies at the same door. What an
    agency answers to either is answered to both.
    """

    name: ClassVar[str] = "dispatch"

    complaint_id: UUID
    tracking: str
    channel: Channel
    agency: str
    alternatives: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]
    rules_version: str
    hop: int = Field(ge=0, description="0 for the first door; one more for each that follows.")
    due_at: Moment
    report: Report
    relation: Relation = Relation()
    own_case: bool = Field(True, description="A case of its own; else it belongs to that of `relation.of`, same door.")
    confidence: float = Field(
        1.0,
        ge=0,
        le=1,
        description="That this door is right; of triage, that nobody could tell, or that the likeliest is wrong.",
    )
    topic: str = Field("", description="What it is about, an id of the topics' table.")
    region: str = Field("", description="Where it is about: the official code, dotted, as far as it was found.")
    actor: str = Field("", max_length=200, description="Who chose this door, where a person did.")


class Correction(WireModel):
    """What a person decided about how a complaint stands to others. It holds against all that was found before.

    `relation` is `new` where the complaint was taken apart from `apart_from`; else it was put to `relation.of`.
    """

    name: ClassVar[str] = "correction"

    complaint_id: UUID
    tracking: str
    relation: Relation
    apart_from: UUID | None = Field(None, description="With `new`: the complaint that it was taken from.")
    actor: str = Field(max_length=200, description="Who decided.")
    reason: str = Field(max_length=500, description="Why, in words for a liaison officer; no citizen is named.")


class AgencyAnswer(WireModel):
    """What an agency says of a dispatch."""

    name: ClassVar[str] = "agency-answer"

    complaint_id: UUID
    dispatch_id: UUID
    agency: str
    verdict: Literal["accepted", "refused", "responded", "closed"]
    text: str = Field("", max_length=10_000)
    theirs: str | None = Field(None, description="With a refusal: the agency that the refusing one thinks competent.")
    actor: str = Field("", max_length=200, description="Who answers, where that is to be kept; of triage always.")


class Reply(WireModel):
    """What to tell a sender, on the sender's channel; `id` is the idempotency key of the delivery."""

    name: ClassVar[str] = "reply"

    complaint_id: UUID
    tracking: str
    channel: Channel
    says: Literal["received", "dispatched", "answered"]
    text: str = Field(max_length=SEGMENT, description="One segment of the GSM 7-bit alphabet.")

    @field_validator("text")
    @classmethod
    def _one_sms(cls, text: str) -> str:
        if not fits_one_sms(text):
            raise PydanticCustomError("too_long_for_sms", "more than one SMS")
        return text


class OversightEvent(WireModel):
    """Something a supervisor should be able to see: set aside, refused, given up to triage, let out of quarantine.

    Of a message that was `released` the `subject` is what was held, and `message_id` the arrival made of it. Of a dead
    letter that was `redriven` or dropped the `subject` is the letter.
    """

    name: ClassVar[str] = "oversight-event"

    event: Literal[
        "not-a-complaint",
        "refused",
        "hop-limit",
        "ping-pong",
        "released",
        "dropped",
        "revealed",
        "post-withdrawn",
        "device-revoked",
        "redriven",
        "letter-dropped",
    ]
    subject: UUID = Field(
        description="The message, complaint or dead letter it is about; of a device the keyed hash of its id."
    )
    reason: str
    actor: str = Field("", max_length=200, description="Who decided, where a person did.")


class Quarantined(WireModel):
    """An arrival that could not prove where it came from, kept whole until a person decides."""

    name: ClassVar[str] = "quarantined"

    reason: str
    raw: RawMessage

"""Shapes of the messages between the stages. They are frozen: a stage that needs a change makes a new message."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from messages.gsm_alphabet import SEGMENT, fits_one_sms
from messages.sealing import Sealed


def iso(at: datetime) -> str:
    """Return a moment as it is written on the wire: RFC 3339, UTC, milliseconds. Equal moments are equal bytes."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]


class Shape(BaseModel):
    """A frozen value. Unknown fields are ignored: a consumer may be older than its producer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


# Returns the JSON of a record in the next version of its shape.
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class WireModel(Shape):
    """A shape that is a record on a topic. `name` and `version` make its CloudEvents type.

    `upcasts` has for each older version the conversion to the next one. A record of an older version is read through
    them, as long as the topics keep such records. A shape that contains another one changes its version with it.
    """

    name: ClassVar[str]
    version: ClassVar[int] = 1
    upcasts: ClassVar[Mapping[int, Upcast]] = MappingProxyType({})
    # True if programs of agencies write records of this shape, too.
    written_by_agencies: ClassVar[bool] = False

    id: UUID
    message_id: UUID = Field(
        description="The arrival that this follows from. It is the trace id of all that follows from it."
    )
    at: Moment


# Name of a channel, such as `web` or `sms`. Any name of this form is valid here: a stage rejects a record whose channel
# is not among those it was given.
Channel: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]


class Kind(StrEnum):
    """The three kinds of report."""

    PENGADUAN = "pengaduan"
    ASPIRASI = "aspirasi"
    PERMINTAAN_INFORMASI = "permintaan-informasi"


class Place(Shape):
    """Place of the reported problem, as the sender gave it. Nothing in it has been checked."""

    region: str = Field("", max_length=200, description="Province, regency or city, in the sender's words.")
    district: str = Field("", max_length=200, description="District (kecamatan, distrik) within the region.")
    code: str = Field("", max_length=8, description="Official code of the region picked from the list, as in 33.74.01.")
    address: str = Field("", max_length=500, description="Street, village, landmark.")
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)
    accuracy: float | None = Field(None, ge=0, description="Radius in metres, as measured by the device.")


class Attachment(Shape):
    """A picture that came with a report or an answer. Its bytes are stored separately, under `id`, without metadata."""

    id: UUID
    media_type: Literal["image/jpeg", "image/png", "image/webp"]
    size: int = Field(ge=0, description="Bytes, as stored.")
    sha256: str = Field(description="Of the bytes as stored.")


class AnswerDocument(Shape):
    """A PDF that came with an answer. Its bytes are stored separately, under `id`: its pages alone."""

    id: UUID
    media_type: Literal["application/pdf"]
    size: int = Field(ge=0, description="Bytes, as stored.")
    sha256: str = Field(description="Of the bytes as stored.")


# How a report came to a counter. `visit`: the citizen came. `call`: by telephone. `letter`: on paper.
CounterWay: TypeAlias = Literal["visit", "call", "letter"]


class Report(Shape):
    """The part of a complaint that an agency needs. It does not contain the sender."""

    kind: Kind = Kind.PENGADUAN
    title: str = Field("", max_length=200)
    text: str = Field(min_length=1, max_length=10_000)
    incident_time: str = Field("", max_length=100, description="Date or time of the problem, in the sender's words.")
    place: Place = Place()
    agency: str = Field("", max_length=200, description="The agency that the sender names, in the sender's words.")
    anonim: bool = Field(False, description="The identity stays hidden from the agency.")
    rahasia: bool = Field(False, description="The report is not shown publicly.")
    counter_way: CounterWay | Literal[""] = Field(
        "", description="How the report came to the counter that entered it; empty for every other channel."
    )
    partial: bool = Field(False, description="Parts of the message have not arrived (yet).")
    attachments: tuple[Attachment, ...] = ()
    unfetched: int = Field(0, ge=0, description="Files that came with it and could not be fetched or stored.")

    @property
    def is_private(self) -> bool:
        """True if no reply may have words of it: somebody else may read the sender's telephone."""
        return self.anonim or self.rahasia


class Contact(Shape):
    """Identity of the sender, and addresses for replies. It travels only sealed."""

    name: str = Field("", max_length=200)
    phone: str = Field("", max_length=40, description="E.164 where it could be read as a number.")
    email: str = Field("", max_length=200)
    post: str = Field("", max_length=40, description="The post on X to reply to.")
    account: str = Field("", max_length=40, description="The account on X for private messages.")
    push: str = Field("", max_length=4096, description="The app's push token.")


VerifiedBy = Literal[
    "twilio-signature", "twilio-api", "smpp-bind", "x-api", "device-token", "sender-link", "sms-code", "none"
]


class RawMessage(WireModel):
    """An arrival as the provider delivered it. `id` and `message_id` are equal.

    A message that was set aside, and that a person released, is published again with `reviewed` under the id of
    `messages.ids.reviewed_message_id`; `message_id` stays that of the arrival.
    """

    name: ClassVar[str] = "raw-message"

    channel: Channel
    provider_id: str = Field(
        description="The provider's own id of the message (MessageSid, idempotency key); of a public post the own `id`."
    )
    sender: str = Field(description="Keyed hash of the sender; equal for all messages of one sender on one channel.")
    tracking: str
    verified_by: VerifiedBy = Field(description="Proof of the origin.")
    content_type: str
    attachments: tuple[Attachment, ...] = ()
    unfetched: int = Field(0, ge=0, description="Files that the body names and that could not be fetched or stored.")
    body: Sealed = Field(description="The provider's bytes, unchanged, sealed for `id`.")
    reviewed: bool = Field(False, description="A person decided that it is a complaint: no rule sets it aside.")


# Evidence of a relation that a person decided.
SPLIT = "split-by-person"
MERGED = "merged-by-person"
# Evidence of a correction by which a person denies a suggestion: the two complaints are never one problem.
KEPT_APART = "kept-apart"
# Evidence of a complaint that repeats a closed case, and is a case of its own therefore.
AFTER_CLOSING = "after-closing"
# Evidence of a join that the sender asked for: the report refers to a public one.
SAID_BY_SENDER = "said-by-sender"


class Relation(Shape):
    """Relation to an earlier complaint about the same problem: it `repeat`s the sender's own or `joins` another's."""

    kind: Literal["new", "repeat", "joins"] = "new"
    of: UUID | None = None
    evidence: tuple[str, ...] = ()
    since: Moment | None = Field(None, description="Time of the first report of the problem, by the senders' clocks.")

    @property
    def follows_root(self) -> bool:
        """True if the complaint stays with the agency of `of`, whatever agency its own text leads to.

        So it is for a repeat of the same sender, and for a merge by a person.
        """
        return self.kind == "repeat" or MERGED in self.evidence

    @property
    def is_denial(self) -> bool:
        """True if a person denied a suggestion: the complaint is kept apart from another one."""
        return self.kind == "new" and KEPT_APART in self.evidence


class Suggestion(Shape):
    """An earlier complaint that is perhaps about the same problem. A person decides; until then nothing is merged.

    `evidence` names features of the comparison, the strongest first (`docs/duplicate-features.md`).
    """

    of: UUID
    score: float = Field(ge=0, le=1, description="Likelihood of one problem.")
    evidence: tuple[str, ...] = ()


class ClosedCase(Shape):
    """A closed case that a new complaint is like: perhaps the problem came back. The complaint is a case of its own."""

    of: UUID
    closed_at: Moment | None = Field(None, description="Time of the closing by the bus's clock; null if unknown.")
    is_own: bool = Field(False, description="It is of the same proven sender. Never set in a dispatch.")


# What a sender does with a message. `reports`: it is a report. Any other act is about an earlier report of the same
# sender, and the message is a repeat of it: `objects` (the answer did not solve it), `confirms` (it did), `rates`,
# `withdraws`, `asks-to-be-forgotten`, and `adds` for further words or pictures. `agrees-to-ombudsman` and
# `declines-ombudsman` answer the question if the Ombudsman may have the case; the latest answer counts.
SenderAct: TypeAlias = Literal[
    "reports",
    "adds",
    "objects",
    "confirms",
    "rates",
    "withdraws",
    "asks-to-be-forgotten",
    "agrees-to-ombudsman",
    "declines-ombudsman",
]

# Danger to life of which a message tells, as of this moment; "" without one.
Danger: TypeAlias = Literal["", "fire", "violence", "suicide", "medical", "disaster"]


class FollowUp(Shape):
    """An act of a sender on an earlier report of the same sender. `rating`: from 1 (bad) to 5 (good); 0 without one."""

    act: SenderAct = "reports"
    rating: int = Field(0, ge=0, le=5)


# Parts that a report has at most, itself among them. The number of a part is one digit (`messages.tracking`).
MAX_PARTS = 5


class PartOf(Shape):
    """The report that a part was divided from. The report itself is part 1."""

    report_id: UUID = Field(description="The complaint that is the report.")
    number: int = Field(ge=2, le=MAX_PARTS)


class Division(PartOf):
    """The decision of a person that made a part of a report."""

    correction_id: UUID
    agency: str = Field("", description="Agency that the person chose for the part; empty if the rules choose.")
    actor: str = Field("", max_length=200, description="Person who divided the report.")


class Complaint(WireModel):
    """A complaint of one sender, read and cleaned. `at` is the time of arrival.

    A part of a report is a complaint, too. It has no contact of its own: its sender is that of the report.
    """

    name: ClassVar[str] = "complaint"

    tracking: str
    channel: Channel
    sender: str
    report: Report
    contact: Sealed
    relation: Relation = Relation()
    suggestion: Suggestion | None = None
    similar_closed_case: ClosedCase | None = Field(
        None, description="A closed case that it is like; the complaint is a case of its own."
    )
    follow_up: FollowUp = FollowUp()
    danger: Danger = ""
    reviewed: bool = Field(False, description="It was set aside first; a person decided that it is a complaint.")
    part_of: Division | None = Field(None, description="The report of which it is a part, if a person divided one.")


# Rules of the reasons whose sentence contains what an agency or a person of staff wrote.
PERSON_RULES = frozenset(
    {
        *("named-by-refusal", "next-alternative", "no-alternative-left", "refused-after-triage", "hop-limit"),
        *("named-by-triage", "kept-by-triage", "merged", "split"),
    }
)


class Reason(Shape):
    """Reason for the choice of an agency: the rule, and its text, a sentence for a liaison officer."""

    rule: str
    text: str


class SecondMatter(Shape):
    """A second matter that a report tells of, for which another agency would be competent. The report stays one."""

    topic: str = Field(description="Subject: an id of the table of topics.")
    agency: str = Field(description="The agency that would be competent; empty if that depends on an unknown place.")


# Rules of the reasons for a kind of unit: the report names it, or the kind handles the topic of the report.
UnitKindRule: TypeAlias = Literal["unit-named", "unit-topic"]


class UnitKind(Shape):
    """A kind of unit that a report is for, such as `puskesmas`. Which unit of the agency that is, the agency knows."""

    kind: str = Field(description="Name of the kind by the table of units.")
    rule: UnitKindRule
    text: str = Field(description="The evidence: a sentence for a liaison officer.")


class Dispatch(WireModel):
    """A complaint in an agency's queue. It contains the report, never the sender.

    A dispatch that is no case of its own belongs to the complaint in `relation.of`, which is at the same agency. An
    answer to either counts for both.
    """

    name: ClassVar[str] = "dispatch"

    complaint_id: UUID
    tracking: str
    channel: Channel
    agency: str
    alternatives: tuple[str, ...] = ()
    reasons: tuple[Reason, ...]
    rules_version: str
    hop: int = Field(ge=0, description="0 for the first agency; one more for each next agency.")
    due_at: Moment
    report: Report
    relation: Relation = Relation()
    own_case: bool = Field(
        True, description="False if it belongs to the case of `relation.of`, which is at the same agency."
    )
    confidence: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Probability that this is the right agency; 1 if a person chose it. For triage: the probability of "
        "the likeliest agency, which was too small; 0 without any, or after refusals.",
    )
    topic: str = Field("", description="Subject of the report: an id of the table of topics.")
    region: str = Field("", description="Place of the problem: the official code with dots, as far as it was found.")
    second_matter: SecondMatter | None = Field(
        None, description="A second matter of the report, for another agency. No agency gets the report for it."
    )
    unit_kinds: tuple[UnitKind, ...] = Field(
        (), description="Kinds of units that the report is for, those that it names first. The agency chooses a unit."
    )
    programme_words: tuple[str, ...] = Field(
        (),
        description="Codes of the phrases of priority programmes that the report has, `programme:phrase` by the table "
        "of programmes. They have no words of the report.",
    )
    actor: str = Field("", max_length=200, description="Person who chose this agency; empty if the rules did.")
    follow_up: FollowUp = FollowUp()
    danger: Danger = ""
    reopened: int = Field(0, ge=0, description="How often the sender had the case opened again after it was closed.")
    suggestion: Suggestion | None = None
    similar_closed_case: ClosedCase | None = Field(
        None, description="A closed case that it is like; the complaint is a case of its own."
    )
    part_of: PartOf | None = Field(None, description="The report of which the complaint is a part.")

    @property
    def recipient_id(self) -> UUID:
        """The complaint whose sender gets the replies: a part has the contact of its report."""
        return self.part_of.report_id if self.part_of else self.complaint_id


class NewPart(Shape):
    """The words of a report that become a part of their own, as a person chose them.

    `dispatch_id` is the dispatch of the report that the person saw: the report may have gone to another agency since.
    """

    dispatch_id: UUID
    text: str = Field(min_length=1, max_length=10_000)
    agency: str = Field("", description="Agency that the person chose; empty if the rules choose.")


class Correction(WireModel):
    """A person's decision about the relation of a complaint. It overrides every relation that was found before.

    `relation` is `new` after a split from `apart_from`; otherwise the complaint was merged with `relation.of`. With the
    evidence `kept-apart` a suggestion was denied: the complaint is not about the problem of `apart_from`. Nothing is
    split then, unless the two were merged meanwhile. With a `part` the report is divided, and its relation stays.
    """

    name: ClassVar[str] = "correction"

    complaint_id: UUID
    tracking: str
    relation: Relation
    apart_from: UUID | None = Field(None, description="With `new`: the complaint that it was split or kept apart from.")
    actor: str = Field(max_length=200, description="Person who decided.")
    reason: str = Field(max_length=500, description="Reason in words for a liaison officer. It names no citizen.")
    part: NewPart | None = Field(None, description="The part that is divided from the report; only with `new`.")

    @property
    def is_denial(self) -> bool:
        """True if a person denied a suggestion: the complaint is kept apart from `apart_from`."""
        return self.relation.is_denial


# Outcomes of a correction at the router. `applied`: the complaint was moved, is a case of its own, or was divided.
# `unchanged`: a merge changed nothing, because the complaint is in that case, or the case was closed meanwhile; a
# division, because the case is not open at the dispatch that the person saw, or has `MAX_PARTS`.
CorrectionOutcomeKind: TypeAlias = Literal["applied", "unchanged"]


class CorrectionOutcome(WireModel):
    """A correction with its outcome at the router, without the person and the words.

    Its `id` follows from that of the correction. `position` is that of the correction's record.
    """

    name: ClassVar[str] = "correction-outcome"

    correction_id: UUID
    complaint_id: UUID
    relation: Relation
    apart_from: UUID | None = None
    outcome: CorrectionOutcomeKind
    position: str
    part_id: UUID | None = Field(None, description="The part that the report was divided into; a complaint.")
    part_number: int = Field(0, ge=0, le=MAX_PARTS, description="Number of that part; 0 without one.")


# Verdicts of an agency about a dispatch. `cases.course.verdicts` has the table of their order.
# `asked`: the agency needs something from the sender, and waits. `extended`: it needs more time, and says why.
Verdict: TypeAlias = Literal["accepted", "refused", "extended", "asked", "responded", "closed"]


MAX_ANSWER_PICTURES = 5
# As in `cases.clocks.clock_table`.
MAX_EXTENSION_DAYS = 366
# Verdicts with which an agency may show pictures of its work and a document.
VERDICTS_WITH_PICTURES: frozenset[Verdict] = frozenset({"responded", "closed"})
# Verdicts with which a field of an answer says something. A field that is not here goes with each verdict.
FIELD_VERDICTS: Mapping[str, frozenset[Verdict]] = MappingProxyType(
    {
        "suggested_agency": frozenset({"refused"}),
        **dict.fromkeys(("pictures", "pictures_public", "document"), VERDICTS_WITH_PICTURES),
        "readers": frozenset({"responded", "closed"}),
        "extension_days": frozenset({"extended"}),
    }
)
# Readers of an answer's text beside the sender whom it answers. "": who reported the same reads it masked, and so does
# everybody if the report is public. `all-senders`: who reported the same reads it whole. `sender`: nobody else.
AnswerReaders: TypeAlias = Literal["", "all-senders", "sender"]


class AnswerContent(Shape):
    """What an agency answers. A form, a program and the record of the answer have the same fields.

    A program may leave out each field but the first three while it is empty: such a field is no part of the id and of
    the authenticator.
    """

    FIRST_FIELDS: ClassVar[frozenset[str]] = frozenset({"verdict", "text", "suggested_agency"})

    verdict: Verdict
    text: str = Field("", max_length=10_000)
    suggested_agency: str | None = Field(
        None,
        description="With a refusal: code of the agency that is competent instead. `triage` sends the case to triage. "
        "Without it, or with one that refused before, the next alternative gets the case, or triage if there is none.",
    )
    pictures: tuple[UUID, ...] = Field(
        (),
        max_length=MAX_ANSWER_PICTURES,
        description="With `responded` and `closed`: ids of pictures of the work, uploaded for this dispatch before.",
    )
    pictures_public: bool = Field(
        False,
        description="Everybody may see the pictures, where the report is public.",
    )
    document: UUID | None = Field(
        None,
        description="With `responded` and `closed`: id of a document (PDF), uploaded for this dispatch before. "
        "Who reads the whole text can open it.",
    )
    readers: AnswerReaders = Field(
        "",
        description="Readers of a response or closing beside the sender. Empty: senders of joined reports and, of a "
        "public report, everybody, masked. `all-senders`: senders of joined reports whole. `sender`: nobody else.",
    )
    extension_days: int = Field(
        0,
        ge=0,
        le=MAX_EXTENSION_DAYS,
        description="With `extended`: by how many working days the deadline is extended, at most `extension_days` of "
        "the row in `clocks.csv`.",
    )

    def content(self) -> "AnswerContent":
        """Return these fields alone."""
        return AnswerContent(**{name: getattr(self, name) for name in AnswerContent.model_fields})

    def misplaced_fields(self) -> frozenset[str]:
        """Return the fields that are not empty and say nothing with this verdict."""
        return frozenset(
            name for name, verdicts in FIELD_VERDICTS.items() if self.verdict not in verdicts and getattr(self, name)
        )

    def empty_fields(self) -> frozenset[str]:
        """Return the fields beyond the first three that are empty."""
        later_fields = AnswerContent.model_fields.keys() - self.FIRST_FIELDS
        return frozenset(name for name in later_fields if not getattr(self, name))


class AgencyAnswer(AnswerContent, WireModel):
    """An agency's answer to a dispatch. `messages.answer_check` tells if the agency made it.

    `id` is derived from the dispatch and the content (`messages.answer_check.content_id`).
    """

    name: ClassVar[str] = "agency-answer"
    written_by_agencies: ClassVar[bool] = True

    complaint_id: UUID
    dispatch_id: UUID
    agency: str
    actor: str = Field("", max_length=200, description="Person who answers, where that is recorded; always for triage.")
    key_generation: int = Field(0, ge=0, lt=2**31, description="Generation of the agency's key; 0 without a key.")
    authenticator: str = Field(
        "",
        max_length=64,
        description="HMAC-SHA-256 with the agency's key over all other fields, in hexadecimal digits.",
    )


# Outcomes of an answer at the router. `counted`: it changed the case, or its sender was told. `repeated`: the agency
# gave this verdict before. `late`: the case had left the agency. `not-accepted`: this verdict may not follow the
# earlier ones.
AnswerOutcomeKind: TypeAlias = Literal["counted", "repeated", "late", "not-accepted"]


class AnswerOutcome(WireModel):
    """An answer with its outcome at the router, without the person and the words.

    The router judges each answer that the agency made about a dispatch that it had: every other stage follows the
    outcome. Of an answer that the router rejects there is none, and it counts for nobody. `id` follows from that of the
    answer: all records of one answer have one outcome. `at` is the bus's time of its first record.
    """

    name: ClassVar[str] = "answer-outcome"

    answer_id: UUID
    complaint_id: UUID = Field(description="The complaint that was answered.")
    case_id: UUID = Field(description="The case for which it is an answer: the complaint, or the one it accompanies.")
    dispatch_id: UUID = Field(description="The answered dispatch of the case.")
    hop: int = Field(ge=0, description="Hop of the answered dispatch.")
    agency: str
    verdict: Verdict
    outcome: AnswerOutcomeKind
    position: str = Field(description="Position of the answer's first record; empty if that is not known.")


# The words of an answer, and the sentences around them.
_MAX_MAIL_TEXT_LENGTH = 11_000


class Reply(WireModel):
    """A message to a sender, on the sender's channel. `id` is the idempotency key of the delivery."""

    name: ClassVar[str] = "reply"

    complaint_id: UUID
    tracking: str
    channel: Channel
    kind: Literal["received", "asked-place", "dispatched", "answered", "closed", "asked-ombudsman", "asked-rating"]
    text: str = Field(max_length=SEGMENT, description="One segment of the GSM 7-bit alphabet.")
    mail_text: str = Field(
        "", max_length=_MAX_MAIL_TEXT_LENGTH, description="The text for an e-mail, with all words; empty: that above."
    )

    @field_validator("text")
    @classmethod
    def _one_sms(cls, text: str) -> str:
        if not fits_one_sms(text):
            raise PydanticCustomError("too_long_for_sms", "more than one SMS")
        return text


# Events of a deadline: its last day has begun, it has passed, twice and three times its period have passed.
DEADLINE_EVENTS = frozenset({"due", "overdue", "twice-overdue", "three-times-overdue"})
# Events of the hand-over of a case to the Ombudsman.
OMBUDSMAN_EVENTS = frozenset({"ombudsman-asked", "ombudsman-agreed", "ombudsman-declined", "handed-to-ombudsman"})
# Event that the sender of a report was asked for a rating.
RATING_ASKED: Literal["rating-asked"] = "rating-asked"


class OversightEvent(WireModel):
    """An event for supervisors: a message that is no complaint, a refusal, a transfer to triage, an act of staff.

    For a message that was `released`, `subject` is the quarantined message and `message_id` the arrival made of it. For
    a dead letter that was `redriven` or dropped, `subject` is the dead letter. For `set-aside-released`, `subject` is
    the message that was set aside; its reviewed copy is on its topic.

    For the hand-over of a case to the Ombudsman, `subject` is the case. `ombudsman-asked`: its sender was asked, with
    `at` the end of the 60 days. `ombudsman-agreed` and `ombudsman-declined`: an answer of the sender, with `reason` the
    act. `handed-to-ombudsman`: the file of the case was made.

    `rating-asked`: the sender of a report was asked how its case was handled. `subject` is the report, which may have
    joined the case of another citizen; `at` is a day after the closing. The id follows from the report: each is asked
    once.

    `reveals-counted`: how often an account saw unmasked data in a week; `subject` stands for account and week.

    For a deadline that is near or has passed (`due`, `overdue`, `twice-overdue`, `three-times-overdue`), `subject` is
    the case, `reason` the name of its clock, `agency` who must act, and `at` the moment at which it became so. The id
    follows from case, clock and event: each is told once.
    """

    name: ClassVar[str] = "oversight-event"

    event: Literal[
        "not-a-complaint",
        "refused",
        "answer-not-counted",
        "hop-limit",
        "ping-pong",
        "released",
        "dropped",
        "revealed",
        "post-withdrawn",
        "device-revoked",
        "redriven",
        "dead-letter-dropped",
        "reopened-again",
        "duplicate-limit",
        "set-aside-released",
        "ombudsman-asked",
        "ombudsman-agreed",
        "ombudsman-declined",
        "handed-to-ombudsman",
        "rating-asked",
        "reveals-counted",
        "due",
        "overdue",
        "twice-overdue",
        "three-times-overdue",
    ]
    subject: UUID = Field(
        description="The message, complaint or dead letter that it is about; for a device the keyed hash of its id."
    )
    reason: str
    actor: str = Field("", max_length=200, description="Person who decided, if one did.")
    tracking: str = Field(
        "", description="Number of a case whose deadline it is about, or that the sender of a message that is none has."
    )
    agency: str = Field("", description="Code of the agency that must act before a deadline.")
    dispatch_id: UUID | None = Field(None, description="Dispatch by which that agency has the case.")
    due_at: Moment | None = Field(None, description="The deadline.")


class Quarantined(WireModel):
    """An arrival that could not prove its origin. It is stored unchanged until a person decides about it."""

    name: ClassVar[str] = "quarantined"

    reason: str
    raw: RawMessage


class AuditHead(WireModel):
    """Last row of the audit log at a time. The log is compared with it later. No arrival leads to it."""

    name: ClassVar[str] = "audit-head"

    rows: int = Field(ge=1, description="Number of rows; the number of the last row.")
    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Hash of the last row, which covers all rows before it.")

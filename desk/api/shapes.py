"""Shapes of the programming interface: what an agency's program sends and gets. They are its contract."""

from datetime import date
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from desk.read_model.case_rows import AgencyCaseState
from desk.read_model.case_view import EventKind
from desk.units.contributions import MAX_CONTRIBUTION_LENGTH, MAX_QUESTION_LENGTH, ContributionState
from messages.recommendation import RecommendationKind, RecommendationOutcome
from messages.shapes import AnswerContent, Moment, Verdict

Time: TypeAlias = Annotated[Moment, WithJsonSchema({"type": "string", "format": "date-time"})]
_EXAMPLE_NUMBER = "S1VC-HQVB-BJZK"
_EXAMPLE_TIME = "2026-11-24T08:04:05.678Z"


class ApiShape(BaseModel):
    """A frozen value."""

    model_config = ConfigDict(frozen=True)


class Picture(ApiShape):
    """A picture of a report or of an answer."""

    id: UUID
    media_type: str = Field(examples=["image/jpeg"])
    size: int = Field(description="Bytes.")
    address: str = Field(description="Path of its bytes. The scope `pictures` is needed.")


class Document(ApiShape):
    """A document of an answer."""

    id: UUID
    media_type: str = Field(examples=["application/pdf"])
    size: int = Field(description="Bytes.")
    address: str = Field(description="Path of its bytes. The scope `pictures` is needed.")


class CasePlace(ApiShape):
    """Place of the problem, as the sender gave it. Nothing in it has been checked."""

    region: str = Field(description="Province, regency or city, in the sender's words.")
    district: str
    code: str = Field(description="Official code that the sender chose, as in 33.74.01; may be empty.")
    address: str = Field(description="Street, village, landmark.")
    latitude: float | None
    longitude: float | None
    accuracy: float | None = Field(description="Radius in metres, as measured by the device.")


class CaseReason(ApiShape):
    """Reason why the case came to your agency: the rule, and a sentence for an officer."""

    rule: str
    text: str


class OtherMatter(ApiShape):
    """A second matter in the same report, for another institution. The service has not sent the report there."""

    topic: str = Field(description="Id of its subject.", examples=["listrik"])
    agency: str = Field(
        description="Code of its institution; empty if that depends on a place that the report does not name.",
        examples=["bumn-pln"],
    )


class CaseUnitKind(ApiShape):
    """A kind of unit that the report is for. Your agency knows which of its units that is."""

    kind: str = Field(description="Name of the kind, in Indonesian.", examples=["puskesmas"])
    rule: str = Field(description="unit-named: the report names it; unit-topic: it handles such a subject.")
    text: str = Field(description="The evidence: a sentence for an officer; empty for a report that was forgotten.")


class PartReference(ApiShape):
    """The report of a part. A citizen uses its number for all parts."""

    number: str = Field(description="Tracking number of the report.", examples=[_EXAMPLE_NUMBER])
    part: int = Field(description="Number of the part; the report itself is part 1.", examples=[2])


class CasePartItem(ApiShape):
    """A part that was divided from the case."""

    number: str = Field(description="Tracking number of the part.", examples=[f"{_EXAMPLE_NUMBER}-2"])
    agency: str = Field(description="Code of the institution that has it.", examples=["bumn-pln"])


class Case(ApiShape):
    """A case at your agency."""

    number: str = Field(description="Tracking number. The sender has it too.", examples=[_EXAMPLE_NUMBER])
    state: AgencyCaseState = Field(
        description="terdisposisi: new. proses: accepted. tunda: waits for the sender. selesai: closed. "
        "ditolak: your agency refused. dipindahkan: given to another agency. dibuka-lagi: the sender opened it again, "
        "and your agency has it as a new case. digabung: part of another case.",
        examples=["terdisposisi"],
    )
    title: str = Field(description="May be empty: an SMS has none.", examples=["Lampu jalan mati"])
    text: str = Field(examples=["Lampu jalan di Jalan Melati mati sejak Senin."])
    due: Time = Field(description="Deadline. Time for which your agency waits for the sender is added.")
    due_is_provisional: bool = Field(
        False, description="True if the decree on joint leave of that year may still move the deadline."
    )
    clock_stopped: bool = Field(description="True while your agency waits for the sender.")
    joined: int = Field(description="Number of other citizens who reported the same.", examples=[0])
    kind: str = Field(description="pengaduan, aspirasi or permintaan-informasi.", examples=["pengaduan"])
    channel: str = Field(description="Channel of the report, as in web or sms.", examples=["web"])
    counter_way: str = Field(
        "", description="How a report came to a counter: visit, call or letter; empty for every other channel."
    )
    topic: str = Field(description="Id of the subject; may be empty.")
    place: CasePlace
    region: str = Field(description="Official code of the place as the service found it; may be empty.")
    incident_time: str = Field(description="Date or time of the problem, in the sender's words.")
    named_agency: str = Field(description="Agency that the sender names, in the sender's words.")
    received: Time | None = Field(description="Time of the report.", examples=[_EXAMPLE_TIME])
    dispatched: Time = Field(description="Time at which the case came to your agency.")
    changed: Time = Field(description="Time of the last answer, of the sender's last message, or of the dispatch.")
    hop: int = Field(description="0 for the first agency; one more for each next one.", examples=[0])
    reopened: int = Field(description="How often the sender had the case opened again.", examples=[0])
    danger: str = Field(
        description="Danger to life of which the case or a report that belongs to it tells: fire, violence, suicide, "
        "medical or disaster; may be empty."
    )
    danger_waits: bool = Field(
        False, description="True while your agency has not accepted, responded to or closed a case with a danger."
    )
    refusals: int = Field(description="Agencies that refused the case before.", examples=[0])
    version: int = Field(description="Number of answers and of the sender's further messages.", examples=[0])
    anonim: bool = Field(description="The sender's identity stays hidden from your agency.")
    rahasia: bool = Field(description="The report must not be shown publicly.")
    partial: bool = Field(description="Parts of the message have not arrived.")
    pictures: tuple[Picture, ...]
    unfetched: int = Field(description="Files that came with the report and could not be stored.", examples=[0])
    reasons: tuple[CaseReason, ...]
    second_matter: OtherMatter | None = Field(
        None, description="A second matter in the same report, for another institution; null without one."
    )
    unit_kinds: tuple[CaseUnitKind, ...] = Field(
        (), description="Kinds of units that the report is for, those that it names first."
    )
    part_of: PartReference | None = Field(
        None, description="The report of which the case is a part: answer its matter alone; null for a whole report."
    )
    unit: str = Field("", description="Code of the accountable unit; empty while it is your agency itself.")
    unit_due: Time | None = Field(None, description="Deadline that the unit has of its own, within `due`.")
    recommendations_waiting: int = Field(
        0, description="Recommendations of overseers that wait for your answer. Also a closed case may have some."
    )


class CaseEventItem(ApiShape):
    """An event of a case."""

    at: Time
    kind: EventKind
    agency: str = Field(description="Code of the agency that has the case or answered; may be empty.")
    text: str
    actor: str = Field(description="Person, for the acts of your own agency.")
    suggested_agency: str | None = Field(
        None, description="With a refusal: code of the agency that was named as competent."
    )
    counts: bool = Field(description="False for an answer that came too late, or was not possible then.")
    pictures: tuple[Picture, ...] = Field((), description="Of an answer: pictures of the work.")
    document: Document | None = Field(None, description="Of an answer: a document.")


class JoinedReport(ApiShape):
    """A report that belongs to the case: `repeat` of its sender, or `joins` of another citizen."""

    number: str
    relation: str
    act: str = Field(
        description="reports, adds, objects, confirms, rates, withdraws, asks-to-be-forgotten, agrees-to-ombudsman or "
        "declines-ombudsman: what the sender does."
    )
    rating: int = Field(description="1 (bad) to 5 (good); 0 without one.")
    at: Time
    title: str
    text: str
    pictures: tuple[Picture, ...]


class SuggestedCase(ApiShape):
    """An earlier case that is perhaps about the same problem. A person decides at the desk."""

    number: str | None = Field(
        description="Its number; null if another institution has it and your agency may not read it.",
        examples=[_EXAMPLE_NUMBER],
    )
    evidence: tuple[str, ...] = Field(
        description="Names of features that speak for it, the strongest first; empty without a number.",
        examples=[["same-names"]],
    )


class FormerCase(ApiShape):
    """A closed case that this one is like: perhaps the problem came back. This one is a case of its own."""

    number: str | None = Field(
        description="Its number; null if another institution has it and your agency may not read it.",
        examples=[_EXAMPLE_NUMBER],
    )
    closed: Time | None = Field(description="Time of the closing; null without a number, and if it is not known.")


class RecommendationAnswerItem(ApiShape):
    """The answer of an institution to a recommendation."""

    outcome: RecommendationOutcome
    text: str
    at: Time
    actor: str = Field(description="Officer who answered.")


class RecommendationItem(ApiShape):
    """A recommendation of an overseer about the case. The sender never sees it."""

    id: UUID
    kind: RecommendationKind = Field(description="accelerate: act sooner. review: look again. transfer. other.")
    text: str
    at: Time
    due: Time = Field(description="Your agency answers until then.")
    due_is_provisional: bool = Field(description="As for the case.")
    overseer: str = Field(description="Person who wrote it.")
    answer: RecommendationAnswerItem | None = Field(description="null while it waits.")


class CaseDetail(Case):
    """A case with its course and the reports that belong to it."""

    history: tuple[CaseEventItem, ...] = Field(description="Oldest first. After the case has left you it ends there.")
    reports: tuple[JoinedReport, ...] = Field(description="The first 20 reports that belong to the case.")
    report_count: int = Field(description="Number of all reports that belong to the case.", examples=[0])
    suggestion: SuggestedCase | None = Field(description="null without one, and when it was decided or is over.")
    similar_closed_case: FormerCase | None = Field(description="null without one, and after the case has left you.")
    recommendations: tuple[RecommendationItem, ...] = Field(
        (), description="Of overseers, the oldest first; none after the case has left you."
    )
    parts: tuple[CasePartItem, ...] = Field((), description="Parts that were divided from the case.")


class CasePage(ApiShape):
    """A page of cases in the order of their last change."""

    cases: tuple[Case, ...]
    next: str | None = Field(
        description="Cursor to continue from; store it. null if nothing has changed after your cursor: keep yours."
    )


class AnswerDraftBody(AnswerContent):
    """An answer to a case. The citizen gets the text of `asked`, `extended`, `responded` and `closed`."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewAnswer")

    verdict: Verdict = Field(
        description="accepted: your agency works on it. refused: another agency is competent. asked: the sender must "
        "add something. extended: your agency needs more time and says why. responded: an answer to the sender. "
        "closed: done.",
        examples=["responded"],
    )
    text: str = Field(
        "",
        max_length=10_000,
        description="Answer, question or reason. Only `accepted` may be without it. A question must fit one SMS.",
        examples=["Petugas sudah mengganti lampu itu."],
    )
    suggested_agency: str | None = Field(
        None,
        max_length=100,
        description="With `refused`: code of the competent agency, if it can be named. `triage` sends the "
        "case to triage; without a code the next alternative gets it, or triage if there is none.",
    )
    actor: str = Field(
        "", max_length=100, description="Officer who answers, as your program names the person. Stored with the answer."
    )


class RecommendationAnswerBody(BaseModel):
    """An answer to a recommendation. The overseer gets it, the sender does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewRecommendationAnswer")

    outcome: RecommendationOutcome = Field(examples=["followed"])
    text: str = Field(
        max_length=10_000, description="Reason or result.", examples=["Petugas datang besok pagi, 28 November."]
    )
    actor: str = Field("", max_length=100, description="Officer who answers, as your program names the person.")


class Answer(AnswerContent):
    """A stored answer: its content, and what became of it."""

    id: UUID
    number: str = Field(examples=[_EXAMPLE_NUMBER])
    actor: str
    at: Time
    state: AgencyCaseState = Field(description="State of the case with all answers.")
    version: int = Field(description="Version of the case with all answers.")
    published: bool = Field(description="False while the answer waits for a fault of the service. It is not lost.")


class InstitutionItem(ApiShape):
    """An institution that receives cases."""

    code: str = Field(examples=["bumn-pln"])
    name: str


class InstitutionList(ApiShape):
    """Institutions whose name, acronym or former name has the words, best first, at most 20."""

    institutions: tuple[InstitutionItem, ...]


class UnitItem(ApiShape):
    """A unit of your agency."""

    code: str = Field(examples=["DINKES"])
    name: str = Field(examples=["Dinas Kesehatan"])
    parent: str = Field(description="Code of the unit above; empty directly below the agency.")
    decree: str = Field(description="Number of the decree that founds it.")
    decree_date: date | None
    valid_from: date | None = Field(description="First day on which it gets cases.")
    valid_until: date | None = Field(description="Last day on which it gets cases.")


class UnitList(ApiShape):
    """Units that the key sees, each behind the one above it."""

    units: tuple[UnitItem, ...]


class UnitBody(BaseModel):
    """A unit, whose code is in the address."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewUnit")

    name: str = Field(max_length=200, examples=["Dinas Kesehatan"])
    parent: str = Field("", max_length=40, description="Code of the unit above; empty directly below the agency.")
    decree: str = Field("", max_length=200, description="Number of the decree that founds it.")
    decree_date: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    actor: str = Field("", max_length=100, description="Person who decides, as your program names the person.")


class UnitStepBody(BaseModel):
    """A unit that becomes accountable for a case."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewUnitStep")

    unit: str = Field(max_length=40, description="Code of the unit.", examples=["DINKES"])
    why: str = Field("", max_length=500, description="Message to the unit. No citizen reads it.")
    due_on: date | None = Field(None, description="Last day of the unit, not after `due` of the case.")
    actor: str = Field("", max_length=100, description="Person who decides, as your program names the person.")


class UnitReturnBody(BaseModel):
    """Why the key's unit gives a case back."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewUnitReturn")

    why: str = Field(max_length=500, examples=["Jalan ini bukan di kecamatan kami."])
    actor: str = Field("", max_length=100, description="Person who decides, as your program names the person.")


class NewPartBody(BaseModel):
    """The words of a report that become a part of their own."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewPart")

    text: str = Field(
        max_length=10_000,
        description="Words of the other matter, each line as it stands in `text` or `title` of the case.",
        examples=["Juga listrik sering padam."],
    )
    agency: str = Field(
        "",
        max_length=100,
        description="Code of the institution that gets the part; empty: the service chooses by the words.",
        examples=["bumn-pln"],
    )
    actor: str = Field("", max_length=100, description="Person who decides, as your program names the person.")


class PartAccepted(ApiShape):
    """The division was sent; `parts` of the case has the part when it was processed."""

    number: str = Field(description="Tracking number of the divided case.", examples=[_EXAMPLE_NUMBER])


class UnitHolding(ApiShape):
    """The accountable unit of a case after a step. `unit` is empty while it is the agency itself."""

    number: str = Field(examples=[_EXAMPLE_NUMBER])
    unit: str
    name: str
    due: Time | None = Field(description="Deadline that the unit has of its own.")


class QuestionBody(BaseModel):
    """A question of the accountable unit to another one."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewQuestion")

    unit: str = Field(max_length=40, description="Code of the unit that is asked.", examples=["DINKES"])
    question: str = Field(max_length=MAX_QUESTION_LENGTH, examples=["Sejak kapan alatnya rusak?"])
    due_on: date | None = Field(
        None,
        description="Last day for the contribution, not after the deadline of the case. Without it, that deadline.",
    )
    actor: str = Field("", max_length=100, description="Person who asks, as your program names the person.")


class ContributionBody(BaseModel):
    """What the asked unit knows. The accountable unit reads it, the sender does not."""

    model_config = ConfigDict(extra="forbid", frozen=True, title="NewContribution")

    text: str = Field(max_length=MAX_CONTRIBUTION_LENGTH, examples=["Alat rusak sejak Senin."])
    actor: str = Field("", max_length=100, description="Person who writes, as your program names the person.")


class ContributionItem(ApiShape):
    """A request to a unit, and its contribution."""

    id: UUID
    number: str = Field(examples=[_EXAMPLE_NUMBER])
    unit: str = Field(description="Code of the unit that is asked.", examples=["DINKES"])
    name: str
    state: ContributionState = Field(description="`over`: the case was done or left before the unit wrote.")
    question: str = Field(description="Empty for a key of the asked unit when the request is over.")
    due: Time
    asked: Time
    asked_by: str
    text: str = Field(description="Empty until the contribution is given.")
    ended: Time | None = Field(description="Time at which it was given or withdrawn.")
    ended_by: str


class ContributionList(ApiShape):
    """Requests for contributions."""

    contributions: tuple[ContributionItem, ...]


class FieldFault(ApiShape):
    """Fault of one field, parameter or header."""

    field: str
    detail: str


class Problem(ApiShape):
    """RFC 9457 problem details. `reason` is a constant for programs."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    reason: str
    errors: tuple[FieldFault, ...] = ()
    state: AgencyCaseState | None = Field(None, description="With `not_possible`: the state of the case.")
    possible: tuple[Verdict, ...] | None = Field(None, description="With `not_possible`: verdicts that it takes.")

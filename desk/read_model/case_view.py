"""Reads one case of an agency: the report, its course so far, and what accompanies it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeAlias
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.course.case_course import CaseAnswer, CaseDispatch, answered_dispatches, in_order
from cases.facts.answer_content import stored_content
from cases.facts.conditions import is_outcome_of_answer
from cases.facts.tables import AnswerFact, AnswerOutcomeFact, ComplaintFact, CorrectionFact, DispatchFact
from cases.pictures.store import NO_FILES, AnswerFiles, answer_files
from cases.words.conditions import is_of_answer, is_of_complaint, is_of_correction, is_of_dispatch
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from desk.acts.tables import DeskHolder
from desk.read_model.documents import is_document_of
from desk.read_model.parts import CasePart, is_divided, read_parts
from desk.read_model.recommendations.case_recommendations import CaseRecommendation, read_recommendations
from desk.read_model.suggested_case import FormerCase, SuggestedCase, read_former_case, read_suggested_case
from desk.read_model.tables import DeskAccompanying, DeskCase
from desk.units.tiers import HOLDING, Tier, is_readable
from messages.codec import decode_stored
from messages.shapes import KEPT_APART, AnswerContent, Dispatch, FollowUp, Report, SenderAct, Verdict

# Messages of the case's own sender that are shown, and reports of other citizens. There may be thousands of these.
_SHOWN_MESSAGES = 50
_SHOWN_JOINS = 20

# An act of the sender on the case is an event of its own kind; `wrote` is a message with words or pictures.
EventKind: TypeAlias = Literal[
    "received",
    "dispatched",
    "wrote",
    "objects",
    "confirms",
    "rates",
    "withdraws",
    "asks-to-be-forgotten",
    "agrees-to-ombudsman",
    "declines-ombudsman",
    "joined",
    "corrected",
    "kept-apart",
    Verdict,
]
_KINDS: Mapping[SenderAct, EventKind] = MappingProxyType(
    {
        "reports": "wrote",
        "adds": "wrote",
        "objects": "objects",
        "confirms": "confirms",
        "rates": "rates",
        "withdraws": "withdraws",
        "asks-to-be-forgotten": "asks-to-be-forgotten",
        "agrees-to-ombudsman": "agrees-to-ombudsman",
        "declines-ombudsman": "declines-ombudsman",
    }
)
SENDER_KINDS = frozenset(_KINDS.values())

# Queries are built once: each reading of a case executes them.
_COMPLAINT_ID: BindParameter[UUID] = bindparam("complaint_id")
_DISPATCHES = (
    select(col(CaseWords.shape_version), col(CaseWords.document))
    .join(DispatchFact, is_of_dispatch())
    .where(col(DispatchFact.complaint_id) == _COMPLAINT_ID)
    .order_by(col(DispatchFact.hop))
)
_ANSWERS = (
    select(
        AnswerFact.__table__,  # type: ignore[attr-defined]
        *(col(CaseWords.text), col(CaseWords.actor), col(AnswerOutcomeFact.outcome)),
    )
    .join(CaseWords, is_of_answer())
    .outerjoin(AnswerOutcomeFact, is_outcome_of_answer())
    .where(is_one_of(col(AnswerFact.dispatch_id), bindparam("dispatch_ids")))
)
_ANSWER_IDS = select(col(AnswerFact.id)).where(
    col(AnswerFact.dispatch_id) == bindparam("dispatch_id"),
    col(AnswerFact.agency) == bindparam("agency"),
    col(AnswerFact.complaint_id) == _COMPLAINT_ID,
)
_CORRECTIONS = (
    select(*(col(CorrectionFact.at), col(CorrectionFact.evidence), col(CaseWords.text), col(CaseWords.actor)))
    .join(CaseWords, is_of_correction())
    .where(
        or_(
            col(CorrectionFact.complaint_id) == _COMPLAINT_ID,
            col(CorrectionFact.of) == _COMPLAINT_ID,
            and_(col(CorrectionFact.apart_from) == _COMPLAINT_ID, col(CorrectionFact.evidence) == KEPT_APART),
        )
    )
)


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event of a case. `agency` is a code, `actor` the person as far as that is recorded.

    `text` is the text of an answer, the last reason of a dispatch, or the reason of a correction. `counts` is False for
    an answer that came too late, or that the table of verdicts does not accept. `answer` is the whole content of an
    answer, and `files` are those that it names and that are stored.
    """

    at: datetime
    kind: EventKind
    agency: str = ""
    text: str = ""
    actor: str = ""
    counts: bool = True
    answer: AnswerContent | None = None
    files: AnswerFiles = NO_FILES


@dataclass(frozen=True, slots=True)
class AccompanyingReport:
    """A report that accompanies the case: `repeat` of its own sender, or `joins` of another one.

    `at` is the time at which it came to the case. A repeat of another sender is a `joins`, too.
    """

    at: datetime
    tracking: str
    relation: str
    report: Report
    follow_up: FollowUp
    complaint_id: UUID


@dataclass(frozen=True, slots=True)
class CaseToAnswer:
    """A case at one agency, as far as an answer needs it.

    `case` has the columns of `DeskCase` and `HOLDING`, `dispatch` is the message that brought it. `answer_ids` are the
    agency's answers to this dispatch that the read model has.
    """

    case: Row[Any]
    dispatch: Dispatch
    answer_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class CaseView(CaseToAnswer):
    """A whole case at one agency.

    `history` are all dispatches of the complaint, the first agency's first. `events` are all while the agency has the
    case, otherwise those until the case left it. `reports` are the shown ones of the
    `report_count` that accompany it: of its own sender, newest first, then of other citizens, oldest first.
    `is_anonymous`: the sender asked for it in the case's report, or in a repeat of it. `suggestion` is the earlier case
    that this one is perhaps the same as, and `former` the closed one that it is like. `recommendations` are those of
    overseers, while the agency has the case. `parts` are those into which the report was divided, beside itself.
    """

    history: Sequence[Dispatch]
    received_at: datetime | None
    events: Sequence[CaseEvent]
    reports: Sequence[AccompanyingReport]
    report_count: int
    is_anonymous: bool
    suggestion: SuggestedCase | None = None
    former: FormerCase | None = None
    recommendations: Sequence[CaseRecommendation] = ()
    parts: Sequence[CasePart] = ()

    @property
    def are_files_open(self) -> bool:
        """False for the files of a confidential report that has left the agency."""
        is_current: bool = self.case.is_current
        return is_current or not self.dispatch.report.rahasia


def read_case(connection: Connection, tier: Tier, tracking: str) -> CaseView | None:
    """Return the last case with this number at the agency; `None` if the agency never had it, or the tier has not.

    The number of an accompanying report leads to its case.
    """
    row, agency = _case_row(connection, tier, tracking), tier.agency
    if row is None:
        return None
    dispatches = _dispatches(connection, row.complaint_id)
    dispatch = next(item for item in dispatches if item.id == row.dispatch_id)
    answers = _answers(connection, dispatches)
    facts = connection.execute(_case_facts_query(), {"case_id": row.complaint_id, "agency": agency}).one()
    reports = _reports(connection, row.complaint_id, agency) if facts.report_count else ()
    return CaseView(
        row,
        dispatch,
        answer_ids=frozenset(answer.id for answer in answers if answer.dispatch_id == row.dispatch_id),
        history=dispatches,
        received_at=facts.received_at,
        events=_shown_events(connection, row, dispatches, answers, reports),
        reports=reports,
        report_count=facts.report_count,
        is_anonymous=dispatch.report.anonim or facts.has_anonymous_repeat,
        suggestion=read_suggested_case(connection, tier.without_asked(), row, dispatch),
        former=read_former_case(connection, tier.without_asked(), row, dispatch),
        recommendations=read_recommendations(connection, row.complaint_id, agency) if row.is_current else (),
        # Most reports have none.
        parts=read_parts(connection, row.complaint_id) if row.is_current and facts.has_parts else (),
    )


def read_case_to_answer(connection: Connection, tier: Tier, tracking: str) -> CaseToAnswer | None:
    """Return the same case as `read_case`, as far as an answer needs it."""
    query, agency = _case_to_answer_query(), tier.agency
    row = connection.execute(query, {"agency": agency, "tracking": tracking}).one_or_none()
    if row is None or not is_readable(connection, tier, row):
        return None
    parameters = {"dispatch_id": row.dispatch_id, "complaint_id": row.complaint_id, "agency": agency}
    answer_ids = frozenset(connection.execute(_ANSWER_IDS, parameters).scalars())
    return CaseToAnswer(row, decode_stored(Dispatch, row.shape_version, row.document), answer_ids)


def _shown_events(
    connection: Connection,
    row: Row[Any],
    dispatches: Sequence[Dispatch],
    answers: Sequence[Row[Any]],
    reports: Sequence[AccompanyingReport],
) -> Sequence[CaseEvent]:
    """Return the events that the agency of a case may read, in the order of time.

    What other agencies wrote after the case left this one is no matter of this one. The clocks of router and bus
    differ: what came to a later hop is told by the hop, and an answer that counts stands between its hop and the next.
    Of one moment, an objection and a refusal come before the hop that they cause.
    """
    last_hop = dispatches[-1].hop if row.is_current else row.hop
    hops = {item.id: item.hop for item in dispatches if item.hop <= last_hop}
    shown_answers = [answer for answer in answers if answer.dispatch_id in hops]
    answer_events = _answer_events(
        shown_answers, _counted_times(dispatches, answers), answer_files(connection, shown_answers)
    )
    hop_events = [
        *((item.hop, event) for item, event in zip(dispatches, _dispatch_events(dispatches), strict=True)),
        *((hops[answer.dispatch_id], event) for answer, event in zip(shown_answers, answer_events, strict=True)),
    ]
    first_hop = dispatches[0].hop
    # The order of one moment: sorting keeps it.
    events = (
        *(event for hop, event in hop_events if hop == first_hop),
        *_report_events(reports),
        *(event for hop, event in sorted(hop_events, key=itemgetter(0)) if first_hop < hop <= last_hop + 1),
        *_correction_events(connection, row.complaint_id),
    )
    return sorted(
        (event for event in events if row.is_current or event.at <= row.changed_at), key=lambda event: event.at
    )


class SealedContact(NamedTuple):
    """A sealed contact, and the arrival that it was sealed for."""

    sealed: str
    message_id: UUID


def read_contact(connection: Connection, complaint_id: UUID) -> SealedContact | None:
    """Return the sealed contact of a case's sender; of a part, that of its report.

    `None` if the sender asked for anonymity, in any report of the case, or if the read model does not have it (yet).
    """
    names = ("anonim", "message_id", "part_of")
    columns: Sequence[Any] = [
        *(col(getattr(ComplaintFact, name)) for name in names),
        *(col(CaseWords.contact), _has_anonymous_repeat(complaint_id)),
    ]
    query = select(*columns).join(CaseWords, is_of_complaint())
    complaint = connection.execute(query.where(col(ComplaintFact.id) == complaint_id)).one_or_none()
    if complaint is None or complaint.anonim or complaint.has_anonymous_repeat:
        return None
    if complaint.part_of:
        return read_contact(connection, complaint.part_of)
    return SealedContact(complaint.contact, complaint.message_id)


def find_number(connection: Connection, tier: Tier, tracking: str) -> bool:
    """Return whether a tier has, or had, a case that this number leads to."""
    return _case_row(connection, tier, tracking) is not None


def _case_row(connection: Connection, tier: Tier, tracking: str) -> Row[Any] | None:
    row = connection.execute(_case_query(), {"agency": tier.agency, "tracking": tracking}).one_or_none()
    return row if row is not None and is_readable(connection, tier, row) else None


@cache
def _case_query() -> Select[Any]:
    """Return the query of a case, built once. Its parameters are `agency` and `tracking`."""
    agency: BindParameter[str] = bindparam("agency")
    columns = DeskCase.__table__.columns  # type: ignore[attr-defined]
    case_id = (
        select(col(DispatchFact.case_id))
        .where(col(DispatchFact.tracking) == bindparam("tracking"), col(DispatchFact.agency) == agency)
        .order_by(col(DispatchFact.hop).desc())
        .limit(1)
        .correlate(None)
        .scalar_subquery()
    )
    return (
        select(*columns, *HOLDING)
        .outerjoin(DeskHolder, col(DeskHolder.dispatch_id) == col(DeskCase.dispatch_id))
        .where(col(DeskCase.complaint_id) == case_id, col(DeskCase.agency) == agency)
        .order_by(col(DeskCase.hop).desc())
        .limit(1)
    )


@cache
def _case_to_answer_query() -> Select[Any]:
    """Return the query of a case with the dispatch that brought it, built once. It has the same parameters."""
    query = _case_query().join(CaseWords, is_document_of(DeskCase))
    return query.add_columns(col(CaseWords.shape_version), col(CaseWords.document))


def _dispatches(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    rows = connection.execute(_DISPATCHES, {"complaint_id": complaint_id})
    return [decode_stored(Dispatch, row.shape_version, row.document) for row in rows]


def _answers(connection: Connection, dispatches: Sequence[Dispatch]) -> Sequence[Row[Any]]:
    """Return the answers to the dispatches of a complaint in order. One of another agency or complaint is none."""
    by_id = {dispatch.id: dispatch for dispatch in dispatches}
    rows: Sequence[Any] = connection.execute(_ANSWERS, {"dispatch_ids": list(by_id)}).all()
    return in_order(
        answer
        for answer in rows
        if (answer.agency, answer.complaint_id)
        == (by_id[answer.dispatch_id].agency, by_id[answer.dispatch_id].complaint_id)
    )


@cache
def _case_facts_query() -> Select[Any]:
    """Return the query of what one row tells of a case, built once. The parameters are `case_id` and `agency`."""
    case_id: BindParameter[UUID] = bindparam("case_id")
    received_at = select(col(ComplaintFact.received_at)).where(col(ComplaintFact.id) == case_id).scalar_subquery()
    report_count = select(func.count()).select_from(DeskAccompanying).where(_accompanies(case_id)).scalar_subquery()
    return select(
        received_at.label("received_at"),
        report_count.label("report_count"),
        is_divided(case_id).label("has_parts"),
        _has_anonymous_repeat(case_id),
    )


def _accompanies(case_id: BindParameter[UUID]) -> ColumnElement[bool]:
    """Return the condition that a dispatch is the latest one of a report that accompanies a case at an `agency`."""
    return and_(
        col(DeskAccompanying.case_id) == case_id,
        col(DeskAccompanying.agency) == bindparam("agency"),
        col(DeskAccompanying.is_latest),
    )


class _ReportQueries(NamedTuple):
    """Queries of the reports of a case: the messages of its sender, and the reports of others.

    The parameters are `case_id` and `agency`.
    """

    messages: Select[Any]
    joins: Select[Any]


@cache
def _report_queries() -> _ReportQueries:
    """Return the queries, built once."""
    case_id: BindParameter[UUID] = bindparam("case_id")
    dispatch = DeskAccompanying
    # A dispatch that moved with its case has the time of the move.
    arrival = aliased(DeskAccompanying)
    arrived_at = func.coalesce(
        select(func.max(col(arrival.at)))
        .where(
            col(arrival.complaint_id) == col(dispatch.complaint_id),
            col(arrival.case_id) == case_id,
            col(arrival.is_message),
        )
        .scalar_subquery(),
        col(dispatch.at),
    ).label("arrived_at")
    columns: Sequence[Any] = (arrived_at, col(CaseWords.shape_version), col(CaseWords.document))
    query = (
        select(*columns)
        .join(CaseWords, is_document_of(dispatch))
        .join(DispatchFact, col(DispatchFact.id) == col(dispatch.dispatch_id))
        .where(_accompanies(case_id))
    )
    is_from_sender, number = col(dispatch.is_from_sender), col(DispatchFact.tracking)
    return _ReportQueries(
        query.where(col(dispatch.relation) == "repeat", is_from_sender)
        .order_by(arrived_at.desc(), number)
        .limit(_SHOWN_MESSAGES),
        query.where(~is_from_sender).order_by(col(dispatch.at), number).limit(_SHOWN_JOINS),
    )


def _reports(connection: Connection, case_id: UUID, agency: str) -> Sequence[AccompanyingReport]:
    queries, parameters = _report_queries(), {"case_id": case_id, "agency": agency}
    return [
        *(_report(row, "repeat") for row in connection.execute(queries.messages, parameters)),
        *(_report(row, "joins") for row in connection.execute(queries.joins, parameters)),
    ]


def _report(row: Row[Any], relation: str) -> AccompanyingReport:
    dispatch = decode_stored(Dispatch, row.shape_version, row.document)
    return AccompanyingReport(
        row.arrived_at, dispatch.tracking, relation, dispatch.report, dispatch.follow_up, dispatch.complaint_id
    )


def _has_anonymous_repeat(case_id: UUID | BindParameter[UUID]) -> ColumnElement[bool]:
    """Return the column `has_anonymous_repeat` of a case.

    Its sender asked for anonymity in a repeat, or in one that the read model does not have.
    """
    complaint, accompanying = aliased(ComplaintFact), DeskAccompanying
    is_anonymous = and_(col(complaint.anonim), col(accompanying.is_from_sender))
    return (
        select(col(accompanying.dispatch_id))
        .outerjoin(complaint, col(complaint.id) == col(accompanying.complaint_id))
        .where(col(accompanying.case_id) == case_id, col(accompanying.relation) == "repeat")
        .where(or_(col(complaint.id).is_(None), is_anonymous))
        .correlate(None)
        .exists()
        .label("has_anonymous_repeat")
    )


def _dispatch_events(dispatches: Sequence[Dispatch]) -> Iterator[CaseEvent]:
    for dispatch in dispatches:
        reason = dispatch.reasons[-1].text if dispatch.reasons else ""
        yield CaseEvent(dispatch.at, "dispatched", dispatch.agency, reason, dispatch.actor)


def _counted_times(dispatches: Sequence[Dispatch], answers: Sequence[Row[Any]]) -> Mapping[UUID | None, datetime]:
    """Return the shown times of the answers that count, by id."""
    by_id = {dispatch.id: dispatch for dispatch in dispatches}
    case_answers = [
        CaseAnswer(
            answer.at,
            answer.position,
            by_id[answer.dispatch_id].hop,
            answer.verdict,
            answer.id,
            outcome=answer.outcome,
        )
        for answer in answers
    ]
    courses = answered_dispatches([CaseDispatch(item.at, item.hop, item.agency) for item in dispatches], case_answers)
    return {answer.id: course.shown_time(answer) for course in courses for answer in course.counted_answers}


def _answer_events(
    answers: Sequence[Row[Any]],
    counted_times: Mapping[UUID | None, datetime],
    files: Mapping[UUID, AnswerFiles],
) -> Iterator[CaseEvent]:
    for answer in answers:
        details = (answer.agency, answer.text, answer.actor, answer.id in counted_times, stored_content(answer))
        yield CaseEvent(
            counted_times.get(answer.id, answer.at), answer.verdict, *details, files.get(answer.id, NO_FILES)
        )


def _report_events(reports: Sequence[AccompanyingReport]) -> Iterator[CaseEvent]:
    for report in reports:
        if report.relation == "repeat":
            yield CaseEvent(report.at, _KINDS[report.follow_up.act], text=report.report.text)


def _correction_events(connection: Connection, complaint_id: UUID) -> Iterator[CaseEvent]:
    """Yield the decisions about a complaint. That of a denied suggestion is of both complaints."""
    for row in connection.execute(_CORRECTIONS, {"complaint_id": complaint_id}):
        kind: EventKind = "kept-apart" if row.evidence == KEPT_APART else "corrected"
        yield CaseEvent(row.at, kind, text=row.text, actor=row.actor)

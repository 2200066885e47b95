"""Reads one case of an agency: the report, its course so far, and what accompanies it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Row, func, select
from sqlmodel import col

from desk.read_model.tables import DeskAnswer, DeskCase, DeskComplaint, DeskCorrection, DeskDispatch
from messages.case_course import CaseAnswer, CaseDispatch, answered_dispatches
from messages.codec import decode_stored
from messages.shapes import Dispatch, Report, Verdict

# Accompanying reports that are shown with their case. There may be thousands.
_SHOWN_REPORTS = 20

EventKind: TypeAlias = Literal["received", "dispatched", "wrote", "joined", "corrected", Verdict]


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One event of a case. `agency` is a code, `actor` the person as far as that is recorded.

    `text` is the text of an answer, the last reason of a dispatch, or the reason of a correction. `counts` is False for
    an answer that came too late, or that the table of verdicts does not accept.
    """

    at: datetime
    kind: EventKind
    agency: str = ""
    text: str = ""
    actor: str = ""
    suggested_agency: str | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class AccompanyingReport:
    """A report that accompanies the case: `repeat` of its own sender, or `joins` of another one."""

    at: datetime
    tracking: str
    relation: str
    report: Report


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case at one agency. `case` has the columns of `DeskCase`, `dispatch` is the message that brought it.

    `history` are all dispatches of the complaint, the first agency's first.
    `answer_ids` are the answers to this dispatch that the read model has. `reports` are the first that accompany it, of
    `report_count`.
    """

    case: Row[Any]
    dispatch: Dispatch
    history: Sequence[Dispatch]
    received_at: datetime | None
    events: Sequence[CaseEvent]
    answer_ids: frozenset[UUID]
    reports: Sequence[AccompanyingReport]
    report_count: int


def read_case(connection: Connection, agency: str, tracking: str) -> CaseView | None:
    """Return the last case with this number at the agency; `None` if the agency never had it.

    The number of an accompanying report leads to its case.
    """
    row = _case_row(connection, agency, tracking)
    if row is None:
        return None
    dispatches = _dispatches(connection, row.complaint_id)
    dispatch = next(item for item in dispatches if item.id == row.dispatch_id)
    answers = _answers(connection, [item.id for item in dispatches])
    reports, report_count = _reports(connection, row.complaint_id, agency)
    complaint = _complaint(connection, row.complaint_id)
    events = sorted(
        [
            *_dispatch_events(dispatches),
            *_answer_events(answers, _counted_ids(dispatches, answers)),
            *_report_events(reports),
            *_correction_events(connection, row.complaint_id),
        ],
        key=lambda event: event.at,
    )
    answer_ids = frozenset(answer.id for answer in answers if answer.dispatch_id == row.dispatch_id)
    received_at = complaint.received_at if complaint else None
    return CaseView(row, dispatch, dispatches, received_at, events, answer_ids, reports, report_count)


def read_contact(connection: Connection, complaint_id: UUID) -> Row[datetime, bool, str] | None:
    """Return `anonim` and the sealed `contact` of a complaint; `None` if the read model does not have it (yet)."""
    return _complaint(connection, complaint_id)


def find_number(connection: Connection, agency: str, tracking: str) -> bool:
    """Return whether an agency has, or had, a case that this number leads to."""
    return _case_row(connection, agency, tracking) is not None


def _case_row(connection: Connection, agency: str, tracking: str) -> Row[Any] | None:
    columns = DeskCase.__table__.columns  # type: ignore[attr-defined]
    case_id = (
        select(func.coalesce(col(DeskDispatch.of), col(DeskDispatch.complaint_id)))
        .where(col(DeskDispatch.tracking) == tracking, col(DeskDispatch.agency) == agency)
        .order_by(col(DeskDispatch.hop).desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(*columns)
        .where(col(DeskCase.complaint_id) == case_id, col(DeskCase.agency) == agency)
        .order_by(col(DeskCase.hop).desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _dispatches(connection: Connection, complaint_id: UUID) -> Sequence[Dispatch]:
    query = (
        select(col(DeskDispatch.shape_version), col(DeskDispatch.dispatch))
        .where(col(DeskDispatch.complaint_id) == complaint_id)
        .order_by(col(DeskDispatch.hop))
    )
    return [decode_stored(Dispatch, row.shape_version, row.dispatch) for row in connection.execute(query)]


def _answers(connection: Connection, dispatch_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    columns = DeskAnswer.__table__.columns  # type: ignore[attr-defined]
    return connection.execute(select(*columns).where(col(DeskAnswer.dispatch_id).in_(dispatch_ids))).all()


def _complaint(connection: Connection, complaint_id: UUID) -> Row[datetime, bool, str] | None:
    columns = (col(DeskComplaint.received_at), col(DeskComplaint.anonim), col(DeskComplaint.contact))
    return connection.execute(select(*columns).where(col(DeskComplaint.id) == complaint_id)).one_or_none()


def _reports(connection: Connection, case_id: UUID, agency: str) -> tuple[Sequence[AccompanyingReport], int]:
    is_of_case = (col(DeskDispatch.of) == case_id, col(DeskDispatch.agency) == agency, col(DeskDispatch.is_latest))
    count = connection.execute(select(func.count()).select_from(DeskDispatch).where(*is_of_case)).scalar_one()
    # Messages of the case's own sender come first: there are few of them.
    query = (
        select(col(DeskDispatch.shape_version), col(DeskDispatch.dispatch))
        .where(*is_of_case)
        .order_by(col(DeskDispatch.relation).desc(), col(DeskDispatch.at), col(DeskDispatch.tracking))
        .limit(_SHOWN_REPORTS)
    )
    dispatches = [decode_stored(Dispatch, row.shape_version, row.dispatch) for row in connection.execute(query)]
    reports = [AccompanyingReport(item.at, item.tracking, item.relation.kind, item.report) for item in dispatches]
    return reports, count


def _dispatch_events(dispatches: Sequence[Dispatch]) -> Iterator[CaseEvent]:
    for dispatch in dispatches:
        reason = dispatch.reasons[-1].says if dispatch.reasons else ""
        yield CaseEvent(dispatch.at, "dispatched", dispatch.agency, reason, dispatch.actor)


def _counted_ids(dispatches: Sequence[Dispatch], answers: Sequence[Row[Any]]) -> frozenset[UUID | None]:
    """Return the ids of the answers that count. An answer of another agency than that of its dispatch never counts."""
    by_id = {dispatch.id: dispatch for dispatch in dispatches}
    case_answers = [
        CaseAnswer(answer.at, answer.position, by_id[answer.dispatch_id].hop, answer.verdict, answer.id)
        for answer in answers
        if answer.agency == by_id[answer.dispatch_id].agency
    ]
    courses = answered_dispatches([CaseDispatch(item.at, item.hop, item.agency) for item in dispatches], case_answers)
    return frozenset(answer.id for course in courses for answer in course.counted_answers)


def _answer_events(answers: Sequence[Row[Any]], counted_ids: frozenset[UUID | None]) -> Iterator[CaseEvent]:
    for answer in answers:
        details = (answer.agency, answer.text, answer.actor, answer.suggested_agency, answer.id in counted_ids)
        yield CaseEvent(answer.at, answer.verdict, *details)


def _report_events(reports: Sequence[AccompanyingReport]) -> Iterator[CaseEvent]:
    for report in reports:
        if report.relation == "repeat":
            yield CaseEvent(report.at, "wrote", text=report.report.text)


def _correction_events(connection: Connection, complaint_id: UUID) -> Iterator[CaseEvent]:
    query = select(col(DeskCorrection.at), col(DeskCorrection.reason), col(DeskCorrection.actor)).where(
        (col(DeskCorrection.complaint_id) == complaint_id) | (col(DeskCorrection.of) == complaint_id)
    )
    for row in connection.execute(query):
        yield CaseEvent(row.at, "corrected", text=row.reason, actor=row.actor)

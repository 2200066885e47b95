"""Store of the senders' own reports, with what agencies answered and what the senders added since."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    Update,
    Uuid,
    bindparam,
    delete,
    func,
    or_,
    union,
    update,
)
from sqlmodel import col, select

from config.conditions import is_one_of
from config.database import UtcDateTime
from config.row_insertion import insert_missing_rows
from messages.shapes import RATING_ASKED, AnswerOutcome, OversightEvent
from messages.tracking import part_number
from normalize.conversation.decision import SenderReport
from normalize.conversation.tables import OmbudsmanQuestionRow, RatingQuestionRow, SenderReportRow
from normalize.duplicates.store.closed_cases import is_still_closed
from normalize.duplicates.store.tables import ClosedComplaint, ComparableRow

# Latest reports of one sender that a message may belong to without naming the number.
_REPORTS_OF_SENDER = 30
# Table of the questions to senders, by the event on `oversight` that they were asked.
QUESTIONS: Mapping[str, type[OmbudsmanQuestionRow | RatingQuestionRow]] = MappingProxyType(
    {"ombudsman-asked": OmbudsmanQuestionRow, RATING_ASKED: RatingQuestionRow}
)
# Expired rows that are deleted at a time.
_DELETED_ROWS = 5_000
_OTHER_COLUMNS = ("closed_at", "asked_about_ombudsman_at", "asked_for_rating_at")
_OWN_COLUMNS = tuple(field.name for field in fields(SenderReport) if field.name not in _OTHER_COLUMNS)


class SenderReports:
    """Reports of the senders of a batch, including those of the batch. Call `write` once at the end.

    `numbers` are tracking numbers in the messages of the batch: their reports are loaded, however many later ones there
    are. Reports from before `expiry` have expired, whether their rows are deleted or not.
    """

    def __init__(
        self, connection: Connection, senders: Collection[str], numbers: Collection[str], expiry: datetime
    ) -> None:
        self._connection = connection
        self._expiry = expiry
        self._reports: dict[str, dict[UUID, SenderReport]] = defaultdict(dict)
        self._new_rows: list[dict[str, object]] = []
        self._continued: dict[UUID, datetime] = {}
        self._rated: dict[UUID, datetime] = {}
        if senders:
            self._load(_LATEST_REPORTS, senders=senders)
        if senders and numbers:
            self._load(_NUMBERED_REPORTS, senders=senders, numbers=numbers)

    def of(self, sender: str) -> Sequence[SenderReport]:
        """Return the reports of a sender, the latest first."""
        return sorted(self._reports[sender].values(), key=lambda report: (report.at, report.complaint_id), reverse=True)

    def add(self, sender: str, report: SenderReport) -> None:
        """Add a complaint of a sender. A stored one, whose record comes again, stays as it is."""
        if report.complaint_id in self._reports[sender]:
            return
        self._reports[sender][report.complaint_id] = report
        self._new_rows.append({"sender": sender, **{name: getattr(report, name) for name in _OWN_COLUMNS}})

    def continue_report(self, report_id: UUID, at: datetime) -> None:
        """Record that a further message of the sender belongs to a report, with all complaints that repeat it."""
        self._continued[report_id] = max(at, self._continued.get(report_id, at))
        for reports in self._reports.values():
            for complaint_id, report in reports.items():
                if report_id == report.report_id:
                    reports[complaint_id] = replace(report, continued_at=max(at, report.continued_at or at))

    def rate_report(self, report_id: UUID, at: datetime) -> None:
        """Record that the sender rated a report: the question for a rating is answered, on whatever channel."""
        self._rated[report_id] = max(at, self._rated.get(report_id, at))
        for reports in self._reports.values():
            if report := reports.get(report_id):
                reports[report_id] = replace(report, asked_for_rating_at=None)

    def write(self, connection: Connection) -> None:
        """Write what the batch added."""
        insert_missing_rows(connection, SenderReportRow, self._new_rows)
        continued = [{"continued_id": report_id, "time": at} for report_id, at in sorted(self._continued.items())]
        if continued:
            connection.execute(_CONTINUE, continued)
        rated = [{"rated_id": report_id, "time": at} for report_id, at in sorted(self._rated.items())]
        if rated:
            connection.execute(_RATE, rated)

    def delete_expired(self, connection: Connection) -> None:
        """Delete expired reports, the oldest first, and expired questions."""
        row = SenderReportRow
        expired = select(row.complaint_id).where(col(row.at) < self._expiry).order_by(col(row.at)).limit(_DELETED_ROWS)
        connection.execute(delete(row).where(col(row.complaint_id).in_(expired)))
        for question in QUESTIONS.values():
            connection.execute(delete(question).where(col(question.asked_at) < self._expiry))

    def _load(self, query: Select[Any], **parameters: Collection[str]) -> None:
        for sender, *values in self._connection.execute(query, {"expiry": self._expiry, **parameters}):
            report = SenderReport(**dict(zip((*_OWN_COLUMNS, *_OTHER_COLUMNS), values, strict=True)))
            self._reports[sender][report.complaint_id] = report


def record_answers(connection: Connection, answers: Sequence[AnswerOutcome]) -> None:
    """Store the times of agencies' questions and responses with the reports that they are about.

    A question is for the sender of the case, whichever complaint it was asked about; a response is for all senders.
    """
    for answer in answers:
        row, taken_at = SenderReportRow, answer.at
        case_reports = _report_ids(answer.case_id)
        if answer.verdict == "asked":
            is_about = col(row.complaint_id).in_(union(*case_reports, _repeat_of(answer.complaint_id, answer.case_id)))
            is_earlier = _is_before(row.asked_at, taken_at)
            connection.execute(update(row).where(is_about, is_earlier).values(asked_at=taken_at))
        elif answer.verdict == "responded":
            report_ids = (*case_reports, *_report_ids(answer.complaint_id))
            # One IN: PostgreSQL reads the whole table for an OR with a query of several rows.
            is_about = col(row.complaint_id).in_(union(*report_ids, *_members(answer.case_id)))
            is_earlier = _is_before(row.answered_at, taken_at)
            connection.execute(update(row).where(is_about, is_earlier).values(answered_at=taken_at))


def record_part(connection: Connection, report_id: UUID, part_id: UUID, number: int) -> None:
    """Store a part of a report as a report of the same sender, if the report is one that is written without a form."""
    names = ("sender", "tracking", "at", "anonim", "rahasia")
    columns: Sequence[Any] = [col(getattr(SenderReportRow, name)) for name in names]
    own = sa.select(*columns).where(col(SenderReportRow.complaint_id) == report_id)
    report = connection.execute(own).mappings().one_or_none()
    if report is None:
        return
    values = {
        **report,
        "complaint_id": part_id,
        "report_id": part_id,
        "tracking": part_number(report["tracking"], number),
        **dict.fromkeys(("lacks_place", "lacks_matter", "confirms"), False),
    }
    insert_missing_rows(connection, SenderReportRow, [values])


def record_questions(connection: Connection, events: Sequence[OversightEvent]) -> None:
    """Store the times of these events (`QUESTIONS`)."""
    for name, table in QUESTIONS.items():
        rows = [{"complaint_id": event.subject, "asked_at": event.at} for event in events if event.event == name]
        insert_missing_rows(connection, table, rows)


def _is_before(time: object, at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the SQL condition that a stored time is earlier, or missing. A replayed answer changes nothing."""
    return or_(col(time).is_(None), col(time) < at)


def _report_ids(complaint_id: UUID) -> Sequence[Select[Any]]:
    """Return the queries of the id of a complaint, and of the sender's report that it repeats."""
    is_same = col(SenderReportRow.complaint_id) == complaint_id
    return (select(SenderReportRow.complaint_id).where(is_same), select(SenderReportRow.report_id).where(is_same))


def _repeat_of(complaint_id: UUID, case_id: UUID) -> Select[Any]:
    """Return the query of a complaint if it repeats the report of a case: then it is of the same sender."""
    row = SenderReportRow
    report_id = select(row.report_id).where(col(row.complaint_id) == case_id).scalar_subquery()
    return select(row.complaint_id).where(col(row.complaint_id) == complaint_id, col(row.report_id) == report_id)


def _members(complaint_id: UUID) -> Sequence[Select[Any]]:
    """Return the queries of the complaints that belong to the case of a complaint, and of its root."""
    own_root = select(ComparableRow.root).where(col(ComparableRow.complaint_id) == complaint_id).scalar_subquery()
    root = func.coalesce(own_root, complaint_id)
    members = select(ComparableRow.complaint_id).where(col(ComparableRow.root) == root)
    return (members, select(ComparableRow.complaint_id).where(col(ComparableRow.complaint_id) == root))


def _reports() -> Select[Any]:
    """Return the query of sender, own columns, and the other columns.

    These are the time at which the case was closed unless it is open again, that of the question about the Ombudsman,
    and that of the question for a rating if it is open.
    """
    closed, question, rating = ClosedComplaint, OmbudsmanQuestionRow, RatingQuestionRow
    columns: Mapping[str, Any] = {name: col(getattr(SenderReportRow, name)) for name in _OWN_COLUMNS}
    others = (col(closed.closed_at), col(question.asked_at), col(rating.asked_at))
    query: Select[Any] = select(col(SenderReportRow.sender), *columns.values(), *others)  # type: ignore[call-overload]
    is_same = col(closed.complaint_id) == col(SenderReportRow.report_id)
    is_asked = col(question.complaint_id) == col(SenderReportRow.complaint_id)
    is_unrated = (col(rating.complaint_id) == col(SenderReportRow.complaint_id)) & col(rating.rated_at).is_(None)
    query = query.where(col(SenderReportRow.at) >= bindparam("expiry")).outerjoin(rating, is_unrated)
    return query.outerjoin(closed, is_same & is_still_closed()).outerjoin(question, is_asked)


def _continue_report() -> Update:
    """Return the update of the reports of a report and of all that repeats it. `time` is that of the message."""
    row = SenderReportRow
    report_id: BindParameter[UUID] = bindparam("continued_id", type_=Uuid())
    # The sender leads to the rows by an index; those of one report have one sender.
    sender = select(row.sender).where(col(row.complaint_id) == report_id).scalar_subquery()
    is_of_report = (col(row.sender) == sender) & (col(row.report_id) == report_id)
    at: BindParameter[datetime] = bindparam("time", type_=UtcDateTime())
    return update(row).where(is_of_report, _is_before(row.continued_at, at)).values(continued_at=at)


def _rate_report() -> Update:
    """Return the update of the question about a report that has an earlier time than the rating."""
    row = RatingQuestionRow
    report_id: BindParameter[UUID] = bindparam("rated_id", type_=Uuid())
    at: BindParameter[datetime] = bindparam("time", type_=UtcDateTime())
    return update(row).where(col(row.complaint_id) == report_id, col(row.asked_at) <= at).values(rated_at=at)


def _latest_reports() -> Select[Any]:
    row = SenderReportRow
    rank = func.row_number().over(
        partition_by=col(row.sender), order_by=(col(row.at).desc(), col(row.complaint_id).desc())
    )
    ranked: Select[Any] = sa.select(col(row.complaint_id).label("complaint_id"), rank.label("rank"))
    latest = ranked.where(is_one_of(col(row.sender), _SENDERS)).subquery()
    is_latest = select(latest.c.complaint_id).where(latest.c.rank <= _REPORTS_OF_SENDER)
    return _reports().where(col(row.complaint_id).in_(is_latest))


# Built once: each batch executes them.
_CONTINUE = _continue_report()
_RATE = _rate_report()
_SENDERS: BindParameter[Any] = bindparam("senders")
_LATEST_REPORTS = _latest_reports()
_NUMBERED_REPORTS = _reports().where(
    is_one_of(col(SenderReportRow.sender), _SENDERS),
    is_one_of(col(SenderReportRow.tracking), bindparam("numbers")),
)

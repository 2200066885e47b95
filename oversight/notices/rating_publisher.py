"""Asks the senders of closed cases for a rating, each once about the own report, by derived ids."""

import threading
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, delete, select
from sqlmodel import col

from bus.port import Outgoing
from cases.facts.conditions import accompanies_one_of, is_latest_dispatch
from cases.facts.tables import ComplaintFact, DispatchFact
from config.conditions import is_one_of
from config.row_insertion import insert_missing_rows
from messages import codec, ids
from messages.replies.rating_texts import rating_question
from messages.shapes import RATING_ASKED, OversightEvent, Reply
from messages.topics import REPLIES
from oversight.notices.consent_messages import AskedCase, event_message
from oversight.notices.consent_publisher import Asking
from oversight.notices.notice_transaction import notice_transaction
from oversight.notices.publisher import Publish
from oversight.notices.rating_questions import TAKEN_BACK, closing_id, question_id
from oversight.notices.tables import OversightNotice, OversightRatingQuestion
from oversight.notices.told_events import told_events

_SOURCE = "/satu-pintu/oversight"
# Cases of one transaction. The bus is written to within it, and thousands may have joined one case.
_CASES_AT_ONCE = 50
# Nobody is asked so long after the moment, as when the service stood still.
_LONGEST_DELAY = timedelta(days=14)

_log = structlog.get_logger()


class _Question(NamedTuple):
    """A report whose sender may be asked, and the row of its case."""

    report: AskedCase
    row: OversightRatingQuestion


class RatingPublisher:
    """Publishes the questions that are due, until `stopping` is set. `NoticeThread` calls it.

    A sender hears on the own channel and about the own report. On a channel whose replies everybody reads (`post`)
    nobody is asked. A process that ends between bus and database publishes the same messages again, with the same ids.
    """

    def __init__(self, engine: Engine, publish: Publish, stopping: threading.Event, asking: Asking) -> None:
        self._engine = engine
        self._publish = publish
        self._stopping = stopping
        self._asking = asking

    def publish_due(self, until: datetime) -> int:
        """Publish every question whose moment is not after `until`; return their number.

        Raises `DatabaseUnavailable` and `Retry`.
        """
        published = 0
        while not self._stopping.is_set():
            cases, questions = self._publish_some(until)
            published += questions
            if cases < _CASES_AT_ONCE:
                break
        return published

    def _publish_some(self, until: datetime) -> tuple[int, int]:
        """Publish the questions of some cases; return the numbers of cases and of questions."""
        with notice_transaction(self._engine) as connection:
            rows = _due_rows(connection, until)
            questions = self._open_questions(connection, [row for row in rows if row.ask_at + _LONGEST_DELAY >= until])
            if questions:
                self._publish([message for question in questions for message in self._messages(question)])
            _store(connection, rows)
        for question in questions:
            _log.info("rating.asked", complaint_id=str(question.report.id))
        return len(rows), len(questions)

    def _open_questions(self, connection: Connection, rows: Sequence[OversightRatingQuestion]) -> Sequence[_Question]:
        """Return the questions of some cases that were never asked, whose senders have neither rated nor gone."""
        questions = [
            question
            for question in _questions(connection, rows)
            if self._asking.forms.get(question.report.channel) != "post"
        ]
        report_ids = [question.report.id for question in questions]
        told = told_events(connection, report_ids)
        forgotten = self._asking.forgotten(connection, report_ids)
        answered = _answered(connection, questions)
        return [
            question
            for question in questions
            if question.report.id not in {*forgotten, *answered}
            and question_id(question.report.id) not in told.get(question.report.id, ())
        ]

    def _messages(self, question: _Question) -> Iterator[Outgoing]:
        """Yield the event and, on a channel with replies, the reply."""
        report, at = question.report, question.row.ask_at
        about: dict[str, Any] = {"message_id": report.message_id, "at": at, "tracking": report.tracking}
        yield event_message(
            OversightEvent(id=question_id(report.id), event=RATING_ASKED, subject=report.id, reason="closed", **about)
        )
        if form := self._asking.forms.get(report.channel):
            reply = Reply(
                id=ids.reply_id(report.id, "asked-rating"),
                complaint_id=report.recipient_id,
                channel=report.channel,
                kind="asked-rating",
                text=rating_question(form, report.tracking, self._asking.link_of(report.message_id)),
                **about,
            )
            yield Outgoing(REPLIES, *codec.encode(reply, str(report.id), _SOURCE))


def _due_rows(connection: Connection, until: datetime) -> Sequence[OversightRatingQuestion]:
    columns = OversightRatingQuestion.__table__.columns  # type: ignore[attr-defined]
    query = (
        select(*columns)
        .where(col(OversightRatingQuestion.ask_at) <= until)
        .order_by(col(OversightRatingQuestion.ask_at), col(OversightRatingQuestion.complaint_id))
        .limit(_CASES_AT_ONCE)
    )
    return [OversightRatingQuestion(**row) for row in connection.execute(query).mappings()]


def _questions(connection: Connection, rows: Sequence[OversightRatingQuestion]) -> Iterator[_Question]:
    """Yield the reports of some cases: the case itself, and those that joined it. Nothing joins a closed case."""
    by_case = {row.complaint_id: row for row in rows}
    columns: Sequence[Any] = [col(getattr(ComplaintFact, name)) for name in AskedCase._fields]
    own = select(*columns).where(is_one_of(col(ComplaintFact.id), by_case))
    for report in connection.execute(own):
        if by_case[report.id].asks_sender:
            yield _Question(AskedCase(*report), by_case[report.id])
    joined = (
        select(*columns, col(DispatchFact.case_id))
        .join(DispatchFact, col(DispatchFact.complaint_id) == col(ComplaintFact.id))
        .where(accompanies_one_of(list(by_case)), col(DispatchFact.relation) == "joins", is_latest_dispatch())
        .order_by(col(ComplaintFact.id))
    )
    for *columns_of_joined, case_id in connection.execute(joined) if by_case else ():
        yield _Question(AskedCase(*columns_of_joined), by_case[case_id])


def _answered(connection: Connection, questions: Sequence[_Question]) -> Collection[UUID]:
    """Return the reports whose senders have rated since their case came to its agency, or took the report back."""
    by_id: Mapping[UUID, _Question] = {question.report.id: question for question in questions}
    acts: defaultdict[UUID, list[Any]] = defaultdict(list)
    query = select(col(ComplaintFact.of), col(ComplaintFact.act), col(ComplaintFact.received_at)).where(
        is_one_of(col(ComplaintFact.of), by_id),
        col(ComplaintFact.relation) == "repeat",
        col(ComplaintFact.act).in_(("rates", *sorted(TAKEN_BACK))),
    )
    for row in connection.execute(query) if by_id else ():
        acts[row.of].append(row)
    return {
        id_
        for id_, rows in acts.items()
        if any(row.act in TAKEN_BACK or row.received_at >= by_id[id_].row.since for row in rows)
    }


def _store(connection: Connection, rows: Sequence[OversightRatingQuestion]) -> None:
    """Store that the senders of these cases were asked after these closings. The facts of it come by the topic."""
    if not rows:
        return
    is_case = is_one_of(col(OversightRatingQuestion.complaint_id), [row.complaint_id for row in rows])
    connection.execute(delete(OversightRatingQuestion).where(is_case))
    notices = [{"id": closing_id(row.complaint_id, row.hop), "complaint_id": row.complaint_id} for row in rows]
    insert_missing_rows(connection, OversightNotice, notices)

"""Reads all facts of some reports. The statements are built once: building one takes longer than executing it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Executable,
    Row,
    Select,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from cases.course.case_course import CaseAnswer
from cases.course.sender_chain import is_from_case_sender
from cases.course.stored_answers import answers_by_case
from cases.derivations.shared_facts import SharedFacts, StoredDispatch
from cases.facts.conditions import accompanies_one_of, is_latest_dispatch
from cases.facts.tables import ComplaintFact, DispatchFact, EventFact
from config.conditions import is_one_of
from messages.shapes import OMBUDSMAN_EVENTS, RATING_ASKED, SenderAct
from oversight.read_model.report_facts import ReportFacts, SenderMessage

_IDS: BindParameter[Any] = bindparam("ids")


_EVENTS = OMBUDSMAN_EVENTS | {RATING_ASKED}
# The time of the first event of each of these kinds about each case.
_CASE_EVENTS = (
    select(
        col(EventFact.subject),
        col(EventFact.event),
        func.min(col(EventFact.at)).label("at"),
    )
    .where(is_one_of(col(EventFact.subject), _IDS), col(EventFact.event).in_(_EVENTS))
    .group_by(col(EventFact.subject), col(EventFact.event))
)
_CASE_ID = col(DispatchFact.case_id)
_REPEATS = (
    select(
        _CASE_ID,
        col(DispatchFact.complaint_id),
        col(DispatchFact.act),
        col(DispatchFact.rating),
        func.min(col(DispatchFact.at)).label("at"),
    )
    .where(accompanies_one_of(_IDS), col(DispatchFact.relation) == "repeat")
    .group_by(_CASE_ID, col(DispatchFact.complaint_id), col(DispatchFact.act), col(DispatchFact.rating))
)


def _select_earlier_members() -> Select[UUID, UUID]:
    case, member = aliased(ComplaintFact), aliased(ComplaintFact)
    own, dispatch = aliased(DispatchFact), DispatchFact
    was_case = (
        select(col(own.id)).where(col(own.complaint_id) == col(dispatch.complaint_id), col(own.own_case)).exists()
    )
    return (
        select(_CASE_ID, col(dispatch.complaint_id))
        .join(case, col(case.id) == _CASE_ID)
        .join(member, col(member.id) == col(dispatch.complaint_id))
        .where(
            or_(col(member.received_at) < col(case.received_at), was_case),
            is_latest_dispatch(),
            accompanies_one_of(_IDS),
        )
        .order_by(col(dispatch.complaint_id))
    )


_EARLIER_MEMBERS = _select_earlier_members()


class _Relation(NamedTuple):
    """The complaint that a report repeats or joins, by the latest decision; by a person or by the rules."""

    kind: str
    of: UUID | None
    by_person: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    """Facts of reports by their id, each with the answers that count for it."""

    reports: Mapping[UUID, Row[Any]]
    relations: Mapping[UUID, _Relation]
    dispatches: Mapping[UUID, Sequence[StoredDispatch]]
    answers: Mapping[UUID, Sequence[CaseAnswer]]
    answer_rows: Mapping[UUID | None, Row[Any]]
    events: Mapping[tuple[UUID, str], datetime]

    def report(
        self, report_id: UUID, messages: tuple[SenderMessage, ...], members: tuple[ReportFacts, ...]
    ) -> ReportFacts:
        """Return a report with these messages and members."""
        answers = tuple(self.answers.get(report_id, ()))
        row, relation = self.reports[report_id], self.relations[report_id]
        return ReportFacts(
            id=row.id,
            tracking=row.tracking,
            received_at=row.received_at,
            channel=row.channel,
            kind=row.kind,
            act=cast("SenderAct", row.act),
            is_merged=relation.kind != "new",
            is_merged_by_person=relation.by_person and relation.kind != "new",
            dispatches=tuple(self.dispatches.get(report_id, ())),
            answers=answers,
            answer_rows=self.answer_rows,
            messages=messages,
            members=members,
            asked_about_ombudsman_at=self.events.get((report_id, "ombudsman-asked")),
            asked_for_rating_at=self.events.get((report_id, RATING_ASKED)),
            handed_over_at=self.events.get((report_id, "handed-to-ombudsman")),
            is_part=row.part_of is not None,
        )


def read_facts(
    connection: Connection, report_ids: Collection[UUID], shared_facts: SharedFacts | None = None
) -> Sequence[ReportFacts]:
    """Return the facts of each of these reports whose arrival is known. At most some hundred at once."""
    shared_facts = shared_facts or SharedFacts(connection)
    facts = _read(connection, report_ids, shared_facts)
    accompanied = shared_facts.accompanied(facts.reports)
    members = _earlier_members(connection, accompanied)
    member_facts = _read(connection, {member_id for ids in members.values() for member_id in ids}, shared_facts)
    messages = _messages(connection, accompanied | shared_facts.accompanied(member_facts.reports), shared_facts)

    def report_of(all_facts: _Facts, report_id: UUID, members: tuple[ReportFacts, ...] = ()) -> ReportFacts:
        return all_facts.report(report_id, tuple(sorted(messages.get(report_id, ()))), members)

    return [
        report_of(facts, report_id, tuple(report_of(member_facts, id_) for id_ in members.get(report_id, ())))
        for report_id in sorted(facts.reports)
    ]


def _read(connection: Connection, report_ids: Collection[UUID], shared_facts: SharedFacts) -> _Facts:
    reports = shared_facts.complaints(report_ids)
    dispatches = shared_facts.dispatches(report_ids)
    answer_rows = shared_facts.answers(dispatches)
    answers = answers_by_case(answer_rows, dispatches)
    rows_by_id: dict[UUID | None, Row[Any]] = {row.id: row for row in answer_rows}
    events = _case_events(connection, shared_facts.with_facts("event", report_ids))
    return _Facts(reports, _relations(reports, shared_facts), dispatches, answers, rows_by_id, events)


def _rows(connection: Connection, statement: Executable, ids: Collection[UUID]) -> Iterator[Row[Any]]:
    """Yield the rows of a statement for some ids."""
    if ids:
        yield from connection.execute(statement, {"ids": ids})


def _case_events(connection: Connection, report_ids: Collection[UUID]) -> Mapping[tuple[UUID, str], datetime]:
    """Return the time of the first event of each kind about each case."""
    return {(row.subject, row.event): row.at for row in _rows(connection, _CASE_EVENTS, report_ids)}


def _messages(
    connection: Connection, case_ids: Collection[UUID], shared_facts: SharedFacts
) -> Mapping[UUID, Sequence[SenderMessage]]:
    """Return the further messages of each case's sender. Joined reports are not read: there may be thousands."""
    repeats = list(_rows(connection, _REPEATS, case_ids))
    parents = shared_facts.sender_parents(
        {report_id for row in repeats for report_id in (row.complaint_id, row.case_id)}
    )
    messages: defaultdict[UUID, list[SenderMessage]] = defaultdict(list)
    for row in repeats:
        if is_from_case_sender(row.complaint_id, row.case_id, parents):
            message = SenderMessage(row.at, cast("SenderAct", row.act), row.complaint_id, row.rating)
            messages[row.case_id].append(message)
    return messages


def _relations(reports: Mapping[UUID, Row[Any]], shared_facts: SharedFacts) -> Mapping[UUID, _Relation]:
    """Return the relation of each report by the latest decision about it."""
    latest = {row.complaint_id: row for row in shared_facts.corrections(reports)}
    return {row.id: _Relation(row.relation, row.of, by_person=False) for row in reports.values()} | {
        id_: _Relation(row.relation, row.of, by_person=True) for id_, row in latest.items()
    }


def _earlier_members(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """Return the reports that accompany each case now and arrived before it, or were cases of their own.

    A merge by a person can make such. Only they can have a clock that began earlier.
    """
    members: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for row in _rows(connection, _EARLIER_MEMBERS, case_ids):
        members[row.case_id].append(row.complaint_id)
    return members

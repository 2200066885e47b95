"""Derives the public view from the ledger, in the transaction that writes the ledger's rows.

The words are masked when they are written, not when they are read: the process of the pages then needs neither the
tables of places that the mask needs nor the words themselves. A report that the mask fails on is not shown.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, delete, func
from sqlmodel import col, select

from bus.port import Record
from config.database import (
    DatabaseLock,
    insert_statement,
    lock_until_commit,
    read_transaction,
    statement_chunks,
    write_transaction,
)
from messages import codec
from messages.cases.case_course import CaseDispatch
from messages.shapes import AgencyAnswer, Complaint, Dispatch
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, TRIAGE
from privacy.forgotten import forgotten_complaints
from sinks.ledger.case_reading import read_courses
from sinks.ledger.latest_dispatch import is_latest_dispatch
from sinks.ledger.relations.relation_links import RelationLinks
from sinks.ledger.relations.sender_acts import read_sender_facts
from sinks.ledger.tables import ComplaintRow, DispatchRow
from sinks.public.public_id import public_id
from sinks.public.queries import CITY_PARTS, CLOSED_STATES, PROVINCE_PARTS, region_part
from sinks.public.tables import PublicReport

# Complaints of one transaction of a rebuild.
_REBUILT_AT_ONCE = 500
_FIRST_ID = UUID(int=0)

_log = structlog.get_logger()


class PublicReadModel:
    """Keeps the public view. `mask` masks a text, `key` is that of the public ids."""

    def __init__(self, mask: Callable[[str], str], key: bytes) -> None:
        self._mask = mask
        self._key = key

    def handle(self, connection: Connection, records: Sequence[Record]) -> None:
        """Derive the reports that records of the ledger change. The ledger has their rows already."""
        # Two transactions that derive one report would each miss the fact of the other.
        lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
        affected = {complaint_id for record in records for complaint_id in _mentioned(record)}
        self.derive(connection, affected)

    def rebuild(self, engine: Engine) -> int:
        """Derive every complaint of the ledger; return their number. The service may run meanwhile."""
        count, last_id = 0, _FIRST_ID
        while True:
            query = select(col(ComplaintRow.id)).where(col(ComplaintRow.id) > last_id).order_by(col(ComplaintRow.id))
            with read_transaction(engine) as connection:
                ids = list(connection.execute(query.limit(_REBUILT_AT_ONCE)).scalars())
            if not ids:
                return count
            with write_transaction(engine) as connection:
                lock_until_commit(connection, DatabaseLock.PUBLIC_REPORTS)
                self.derive(connection, ids, masks_again=True)
            count, last_id = count + len(ids), ids[-1]

    def derive(self, connection: Connection, complaint_ids: Collection[UUID], *, masks_again: bool = False) -> None:
        """Write the rows of these complaints, and of the cases that they belong to; delete those not to be shown.

        The words of a report that is shown already do not change: they are masked again only if `masks_again`.
        """
        for chunk in statement_chunks(sorted(complaint_ids)):
            case_ids = sorted({*chunk, *_cases_of(connection, chunk)})
            for case_chunk in statement_chunks(case_ids):
                words = {} if masks_again else _shown_words(connection, case_chunk)
                self._derive_cases(connection, case_chunk, words)

    def _derive_cases(
        self, connection: Connection, case_ids: Collection[UUID], words: Mapping[UUID, tuple[str, str]]
    ) -> None:
        rows = self._rows(connection, case_ids, words)
        if removed := set(case_ids) - {row["complaint_id"] for row in rows}:
            connection.execute(delete(PublicReport).where(col(PublicReport.complaint_id).in_(removed)))
        if rows:
            statement = insert_statement(connection, PublicReport)
            changed = {name: statement.excluded[name] for name in rows[0] if name != "complaint_id"}
            connection.execute(statement.on_conflict_do_update(index_elements=["complaint_id"], set_=changed), rows)

    def _rows(
        self, connection: Connection, case_ids: Collection[UUID], shown_words: Mapping[UUID, tuple[str, str]]
    ) -> Sequence[dict[str, Any]]:
        """Return the rows of the complaints that are public: not rahasia, a case of their own, and at an agency."""
        is_public = (col(ComplaintRow.id).in_(case_ids), ~col(ComplaintRow.rahasia))
        complaints = connection.execute(select(ComplaintRow.__table__).where(*is_public)).all()  # type: ignore[attr-defined]
        dispatches = _dispatches(connection, [complaint.id for complaint in complaints])
        states = _states(connection, dispatches)
        joined = _joined(connection, dispatches)
        hidden = {*_hidden(connection, dispatches.keys()), *forgotten_complaints(connection, dispatches.keys())}
        return [
            self._row(complaint, words, dispatches[complaint.id], states[complaint.id], joined.get(complaint.id, 0))
            for complaint in complaints
            if complaint.id not in hidden and _is_at_agency(dispatches.get(complaint.id, ()))
            if (words := shown_words.get(complaint.id) or self._masked(complaint))
        ]

    def _masked(self, complaint: Any) -> tuple[str, str] | None:
        """Return the masked title and text; `None` after a fault of the mask, which must not stop the ledger."""
        try:
            return self._mask(complaint.title), self._mask(complaint.text)
        except Exception as error:  # noqa: BLE001 - every fault has the same effect: the report is not shown
            _log.warning("report.not_masked", complaint_id=str(complaint.id), error=type(error).__name__)
            return None

    def _row(
        self,
        complaint: Any,
        words: tuple[str, str],
        dispatches: Sequence[Any],
        state: tuple[str, datetime],
        joined: int,
    ) -> dict[str, Any]:
        latest = dispatches[-1]
        published_at = min(dispatch.dispatched_at for dispatch in dispatches if dispatch.agency != TRIAGE)
        return {
            "complaint_id": complaint.id,
            "public_id": public_id(complaint.id, self._key),
            "title": words[0],
            "text": words[1],
            "agency": latest.agency,
            "topic": latest.topic,
            "region": latest.region,
            "province": region_part(latest.region, PROVINCE_PARTS),
            "city": region_part(latest.region, CITY_PARTS),
            "state": state[0],
            "is_closed": state[0] in CLOSED_STATES,
            "joined": joined,
            "received_at": complaint.received_at,
            "published_at": published_at,
            "changed_at": state[1],
        }


def _mentioned(record: Record) -> set[UUID]:
    """Return the complaints that a record is about. The ledger has decoded it before."""
    if record.topic in {CORRECTIONS, OVERSIGHT}:
        # The dispatch that follows from a correction names the new relation. A message that was set aside is no report.
        return set()
    if record.topic == AGENCY_ANSWERS:
        return {codec.decode(AgencyAnswer, record.value, record.headers).complaint_id}
    if record.topic == COMPLAINTS:
        complaint = codec.decode(Complaint, record.value, record.headers)
        complaint_ids, related = {complaint.id}, complaint.relation.of
    else:
        dispatch = codec.decode(Dispatch, record.value, record.headers)
        complaint_ids, related = {dispatch.complaint_id}, dispatch.relation.of
    return complaint_ids | ({related} if related else set())


def _cases_of(connection: Connection, complaint_ids: Collection[UUID]) -> set[UUID]:
    query = select(col(DispatchRow.of)).where(
        col(DispatchRow.complaint_id).in_(complaint_ids), col(DispatchRow.of).is_not(None)
    )
    return {case_id for case_id in connection.execute(query).scalars() if case_id}


def _shown_words(connection: Connection, complaint_ids: Collection[UUID]) -> Mapping[UUID, tuple[str, str]]:
    """Return the masked title and text of the complaints that are shown already."""
    columns = (col(PublicReport.complaint_id), col(PublicReport.title), col(PublicReport.text))
    query = select(*columns).where(col(PublicReport.complaint_id).in_(complaint_ids))
    return {row.complaint_id: (row.title, row.text) for row in connection.execute(query)}


def _hidden(connection: Connection, case_ids: Collection[UUID]) -> set[UUID]:
    """Return the cases that their own sender withdrew, made confidential, or asked to forget, by any of the reports."""
    links = RelationLinks(connection)
    facts = read_sender_facts(connection, links, (), case_ids)
    hiding = {
        sender
        for sender, sender_facts in facts.items()
        if sender_facts.withdrawn_at or sender_facts.is_confidential or sender_facts.asks_to_be_forgotten
    }
    return {case_id for case_id, sender in links.sender_cases(case_ids).items() if sender in hiding}


def _dispatches(connection: Connection, complaint_ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    """Return the dispatches of each complaint by their hop."""
    names = ("complaint_id", "hop", "agency", "own_case", "topic", "region", "reopened", "dispatched_at")
    query = (
        select(*(col(getattr(DispatchRow, name)) for name in names))
        .where(col(DispatchRow.complaint_id).in_(complaint_ids))
        .order_by(col(DispatchRow.hop))
    )
    dispatches: dict[UUID, list[Any]] = {}
    for row in connection.execute(query):
        dispatches.setdefault(row.complaint_id, []).append(row)
    return dispatches


def _states(connection: Connection, dispatches: Mapping[UUID, Sequence[Any]]) -> Mapping[UUID, tuple[str, datetime]]:
    """Return the state of each case in the vocabulary of all pages, and its last change."""
    cases = {
        case_id: [CaseDispatch(row.dispatched_at, row.hop, row.agency, row.reopened) for row in rows]
        for case_id, rows in dispatches.items()
    }
    courses = read_courses(connection, RelationLinks(connection), cases.keys(), cases)
    return {case_id: (course.state, max(step.at for step in course.steps)) for case_id, course in courses.items()}


def _is_at_agency(dispatches: Sequence[Any]) -> bool:
    return bool(dispatches) and dispatches[-1].own_case and dispatches[-1].agency != TRIAGE


def _joined(connection: Connection, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return how many complaints join each of these now: a person may have split some from it."""
    of = col(DispatchRow.of)
    query = (
        select(of, func.count(col(DispatchRow.complaint_id).distinct()))
        .where(of.in_(list(case_ids)), col(DispatchRow.relation) == "joins", is_latest_dispatch())
        .group_by(of)
    )
    return {case_id: count for case_id, count in connection.execute(query) if case_id}

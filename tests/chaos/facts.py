"""Reads the facts that are compared: from the topics, and from the tables of each model."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection
from sqlmodel import SQLModel, col, select

from bus.port import Reader, Record
from cases.course.verdicts import CaseState, case_progress
from cases.facts.tables import AnswerFact, ComplaintFact, CorrectionFact, DispatchFact, EventFact
from desk.read_model.tables import DeskCase
from messages import codec
from messages.codec import decode_stored
from messages.shapes import AgencyAnswer, Complaint, Correction, Dispatch, OversightEvent, Reply, Verdict, WireModel
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, DEAD_LETTER_TOPICS, OVERSIGHT, REPLIES
from monitor.audit import facts as audited_facts
from normalize.decision_store import Decision, StoredRelation
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay
from router.answer_store import AnswerRecord
from router.store import AppliedCorrection, RoutedDispatch
from sinks.ledger.case_reading import dispatches_by_complaint, read_courses
from sinks.ledger.tables import WaitingCaseRow
from sinks.replies.tables import OutboxRow
from tests.chaos.comparisons import ComparedDispatch, Dispatches, Key, state_without_messages
from tests.desk.harness import READ_MODEL

W = TypeVar("W", bound=WireModel)
# Tables that `satupintu desk rebuild`, `oversight rebuild` and `queues-recount` make again.
REBUILT_TABLES: Mapping[str, Sequence[type[SQLModel]]] = {
    "desk": READ_MODEL,
    "oversight": (OversightCase, OversightDay, OversightPairDay),
    "queues": (WaitingCaseRow,),
}


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """Facts of all topics. `dead` are ids of records that are dead letters, and of what would follow from them.

    Keys of `answers`, `corrections` and `replies` are the complaint and the id of the record; those of `relations` are
    messages. `set_aside` are messages that are no complaints.
    """

    dispatches: Dispatches
    complaints: Collection[UUID]
    relations: Mapping[Key, str]
    answers: Mapping[Key, str]
    corrections: Mapping[Key, str]
    replies: Mapping[Key, str]
    set_aside: Collection[UUID]
    dead: Collection[UUID]


def read_topics(reader: Reader, queues: Iterable[str]) -> TopicFacts:
    """Return the facts of all topics. Of copies of a record the first one counts: the audit names them."""
    dispatches: dict[tuple[UUID, int], ComparedDispatch] = {}
    for dispatch in _decoded(reader, queues, Dispatch):
        dispatches.setdefault((dispatch.complaint_id, dispatch.hop), dispatch_fact(dispatch))
    complaints = list(_decoded(reader, [COMPLAINTS], Complaint))
    return TopicFacts(
        dispatches=dispatches,
        complaints={complaint.id for complaint in complaints},
        relations={
            (item.message_id,): relation_text(item.relation.kind, item.relation.of) for item in reversed(complaints)
        },
        answers={
            (answer.complaint_id, answer.id): f"{answer.verdict} by {answer.agency}"
            for answer in _decoded(reader, [AGENCY_ANSWERS], AgencyAnswer)
        },
        corrections={(item.complaint_id, item.id): "" for item in _decoded(reader, [CORRECTIONS], Correction)},
        replies={(item.complaint_id, item.id): "" for item in _decoded(reader, [REPLIES], Reply)},
        set_aside={
            event.subject for event in _decoded(reader, [OVERSIGHT], OversightEvent) if event.event == "not-a-complaint"
        },
        dead=set(_dead_ids(reader.read(DEAD_LETTER_TOPICS))),
    )


def dispatch_fact(dispatch: Dispatch) -> ComparedDispatch:
    """Return the fact of a dispatch."""
    return _dispatch_fact(
        dispatch.id, dispatch.agency, dispatch.complaint_id, dispatch.relation.of, own_case=dispatch.own_case
    )


def relation_text(kind: str, of: UUID | None) -> str:
    """Return a relation as it is compared."""
    return f"{kind} {of}" if of else kind


def router_dispatches(connection: Connection) -> Dispatches:
    """Return the dispatches of the router."""
    columns = [_column(RoutedDispatch, name) for name in ("complaint_id", "hop", "shape_version", "dispatch")]
    rows = connection.execute(select(*columns))
    return {(id_, hop): dispatch_fact(decode_stored(Dispatch, version, value)) for id_, hop, version, value in rows}


def router_answers(connection: Connection, topics: TopicFacts) -> Mapping[Key, str]:
    """Return the answers of the router, by the complaint that the topic names, or by their own id."""
    complaints = {id_: complaint_id for complaint_id, id_ in topics.answers}
    agencies = dict(topics.answers)
    facts: dict[Key, str] = {}
    for id_, verdict in connection.execute(select(col(AnswerRecord.id), col(AnswerRecord.verdict))):
        key = (complaints.get(id_, id_), id_)
        # The router stores no agency: only the verdict is its own.
        _, _, by_agency = agencies.get(key, "").partition(" ")
        facts[key] = f"{verdict} {by_agency}"
    return facts


def router_corrections(connection: Connection, topics: TopicFacts) -> Mapping[Key, str]:
    """Return the corrections of the router, by the complaint that the topic names, or by their own id."""
    complaints = {id_: complaint_id for complaint_id, id_ in topics.corrections}
    applied = connection.execute(select(col(AppliedCorrection.id))).scalars()
    return {(complaints.get(id_, id_), id_): "" for id_ in applied}


def normalizer_relations(connection: Connection) -> Mapping[Key, str]:
    """Return the relation that the normalizer decided for each message."""
    facts: dict[Key, str] = {}
    for message_id, stored in connection.execute(select(col(Decision.message_id), col(Decision.relation))):
        relation = StoredRelation.model_validate_json(stored)
        facts[message_id,] = relation_text(relation.kind, relation.of)
    return facts


def stored_dispatches(connection: Connection) -> Dispatches:
    """Return the facts of dispatches."""
    columns = [_column(DispatchFact, name) for name in ("complaint_id", "hop", "id", "agency", "own_case", "of")]
    return {
        (complaint_id, hop): _dispatch_fact(id_, agency, complaint_id, of, own_case=own_case)
        for complaint_id, hop, id_, agency, own_case, of in connection.execute(select(*columns))
    }


def stored_complaints(connection: Connection) -> Collection[UUID]:
    """Return the ids of the facts of complaints."""
    return set(connection.execute(select(col(ComplaintFact.id))).scalars())


def stored_answers(connection: Connection) -> Mapping[Key, str]:
    """Return the facts of answers."""
    columns = [_column(AnswerFact, name) for name in ("complaint_id", "id", "verdict", "agency")]
    return {(complaint_id, id_): f"{verdict} by {agency}" for complaint_id, id_, verdict, agency in
            connection.execute(select(*columns))}  # fmt: skip


def stored_corrections(connection: Connection) -> Mapping[Key, str]:
    """Return the facts of corrections."""
    return _ids(connection, CorrectionFact)


def _ids(connection: Connection, table: type[SQLModel]) -> Mapping[Key, str]:
    """Return the rows of a table that belong to a complaint, by complaint and id."""
    rows = connection.execute(select(_column(table, "complaint_id"), _column(table, "id")))
    return dict.fromkeys(rows, "")


def outbox_replies(connection: Connection) -> Mapping[Key, str]:
    """Return the replies in the outbox."""
    return _ids(connection, OutboxRow)


def router_states(connection: Connection, cases: Mapping[UUID, ComparedDispatch]) -> Mapping[UUID, CaseState]:
    """Return the state of each case by the answers that the router counted. `cases` are their latest dispatches."""
    counted: defaultdict[UUID, list[Verdict]] = defaultdict(list)
    columns = [_column(AnswerRecord, name) for name in ("dispatch_id", "verdict")]
    for dispatch_id, verdict in connection.execute(select(*columns).where(col(AnswerRecord.outcome) == "counted")):
        counted[dispatch_id].append(verdict)
    return {
        complaint_id: state_without_messages(case_progress(counted[dispatch.id], dispatch.agency).state)
        for complaint_id, dispatch in cases.items()
    }


def ledger_states(connection: Connection, case_ids: Sequence[UUID]) -> Mapping[UUID, CaseState]:
    """Return the state of each case in the ledger, as status pages have it."""
    dispatches = dispatches_by_complaint(connection, case_ids)
    courses = read_courses(connection, case_ids, dispatches)
    states = {case_id: course.facts.case_state for case_id, course in courses.items()}
    return {case_id: state for case_id, state in states.items() if state}


def desk_states(connection: Connection) -> Mapping[UUID, CaseState]:
    """Return the state of each case that an agency has now."""
    query = select(col(DeskCase.complaint_id), col(DeskCase.state)).where(col(DeskCase.is_current))
    return {complaint_id: cast("CaseState", state) for complaint_id, state in connection.execute(query)}


def oversight_states(connection: Connection) -> Mapping[UUID, CaseState]:
    """Return the state of each case in the figures."""
    query = select(col(OversightCase.complaint_id), col(OversightCase.state)).where(
        col(OversightCase.is_own_case), col(OversightCase.state) != ""
    )
    return {complaint_id: cast("CaseState", state) for complaint_id, state in connection.execute(query)}


def known_numbers(connection: Connection) -> Collection[str]:
    """Return all tracking numbers in the ledger, also those of messages that were set aside."""
    numbers: set[str] = set()
    for table in (ComplaintFact, EventFact):
        numbers.update(connection.execute(select(_column(table, "tracking"))).scalars())
    return numbers


def table_rows(connection: Connection, tables: Iterable[type[SQLModel]]) -> Mapping[Key, str]:
    """Return all rows of the tables. The key is the complaint if a row has one, the table, and the primary key."""
    rows: dict[Key, str] = {}
    for table in tables:
        columns = table.__table__.columns  # type: ignore[attr-defined]
        primary = [column.name for column in table.__table__.primary_key]  # type: ignore[attr-defined]
        for row in connection.execute(select(*columns)).mappings():
            subject = row.get("complaint_id") or row[primary[0]]
            rows[subject, table.__tablename__, *(row[name] for name in primary)] = str(dict(row))
    return rows


def _dispatch_fact(id_: UUID, agency: str, complaint_id: UUID, of: UUID | None, *, own_case: bool) -> ComparedDispatch:
    return ComparedDispatch(id_, agency, complaint_id if own_case or of is None else of)


def _column(table: type[SQLModel], name: str) -> Any:
    return col(getattr(table, name))


def _decoded(reader: Reader, topics: Iterable[str], shape: type[W]) -> Iterator[W]:
    for record in reader.read(topics):
        yield codec.decode(shape, record.value, record.headers)


def _dead_ids(records: Iterable[Record]) -> Iterator[UUID]:
    for record in records:
        yield from (UUID(bytes=key) for key in audited_facts.dead_letter_keys(record) if isinstance(key, bytes))

"""Reads the facts of complaints, derives their cases with `case_rows`, and stores the rows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import BindParameter, Connection, Row, bindparam, func, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.course.case_course import ANSWERING_ACTS
from cases.course.stored_answers import answers_by_case
from cases.derivations.new_facts import NewFacts
from cases.derivations.shared_facts import SharedFacts, StoredDispatch
from cases.facts.tables import DispatchFact
from cases.words.conditions import is_of_dispatch
from cases.words.tables import CaseWords
from config.conditions import is_one_of
from config.row_insertion import insert_or_replace_rows
from desk.changes import CaseChange, ChangeKind
from desk.read_model.case_rows import Accompanying, CaseFacts, DangerReport, SenderMessage, case_rows
from desk.read_model.change_order import number_changes
from desk.read_model.search import index_cases, remove_cases
from desk.read_model.sender_messages import MarkedDispatch
from desk.read_model.tables import DeskAccompanying, DeskCase
from desk.units.unit_cases import write_unit_cases
from messages import ids
from messages.codec import decode_stored
from messages.shapes import Dispatch, SenderAct, iso

# Complaints whose facts are in memory at once: each dispatch has a report of up to 10,000 characters.
_COMPLAINTS_AT_ONCE = 200


_IDS: BindParameter[Any] = bindparam("ids")
_CASE_ID = col(DeskAccompanying.case_id)
# Statements are built once: each batch executes them.
_WAS_CASE = (
    select(col(DispatchFact.id))
    .where(col(DispatchFact.complaint_id) == col(DeskAccompanying.complaint_id), col(DispatchFact.own_case))
    .exists()
)
_MEMBERS = (
    select(_CASE_ID, col(DeskAccompanying.complaint_id))
    .where(is_one_of(_CASE_ID, _IDS), col(DeskAccompanying.is_latest), col(DeskAccompanying.hop) > 0, _WAS_CASE)
    .order_by(col(DeskAccompanying.complaint_id))
)
_DISPATCHES = (
    select(*(col(getattr(CaseWords, name)) for name in ("complaint_id", "shape_version", "document")))
    .join(DispatchFact, is_of_dispatch())
    .where(is_one_of(col(DispatchFact.complaint_id), _IDS))
    .order_by(col(DispatchFact.hop))
)
# The index has the relation: without it every join would be read for its mark.
_REPEATS = select(
    _CASE_ID, *(col(getattr(DeskAccompanying, name)) for name in ("agency", "at", "act", "is_message"))
).where(is_one_of(_CASE_ID, _IDS), col(DeskAccompanying.relation) == "repeat")
# Joined reports are counted and not read: there may be thousands.
_JOINS = (
    select(_CASE_ID, col(DeskAccompanying.agency), func.count().label("joined"))
    .where(is_one_of(_CASE_ID, _IDS), col(DeskAccompanying.relation) == "joins", col(DeskAccompanying.is_latest))
    .group_by(_CASE_ID, col(DeskAccompanying.agency))
)
# The kinds alone, and the index has no others: most cases have none.
_DANGERS = (
    select(_CASE_ID, *(col(getattr(DeskAccompanying, name)) for name in ("agency", "at", "danger")))
    .where(is_one_of(_CASE_ID, _IDS), col(DeskAccompanying.danger) != "", col(DeskAccompanying.is_latest))
    .order_by(col(DeskAccompanying.at), col(DeskAccompanying.dispatch_id))
)
_STORED_ROWS = select(DeskCase.__table__).where(is_one_of(col(DeskCase.dispatch_id), _IDS))  # type: ignore[attr-defined]


def derive_cases(
    connection: Connection, new: NewFacts, marked: Sequence[MarkedDispatch], facts: SharedFacts, deadlines: Deadlines
) -> Sequence[CaseChange]:
    """Derive the cases to which new facts belong, store them, and return what changed.

    `marked` are the dispatches whose marks have changed (`mark_messages`). The same facts give the same changes again,
    whatever order they came in. Each row that differs from the stored one gets the next number of its agency
    (`change_order`).
    """
    changed_ids = {*new.subjects("dispatch", "answer"), *new.complaint_ids("outcome"), *(row.case_id for row in marked)}
    complaint_ids = sorted(facts.with_cases(changed_ids))
    rows: dict[UUID, dict[str, Any]] = {}
    was_current: dict[UUID, bool] = {}
    was_danger_since: dict[UUID, datetime | None] = {}
    changed: dict[UUID, str] = {}
    for start in range(0, len(complaint_ids), _COMPLAINTS_AT_ONCE):
        chunk = complaint_ids[start : start + _COMPLAINTS_AT_ONCE]
        derived = _derive(connection, chunk, facts, deadlines)
        stored = _stored_rows(connection, [row["dispatch_id"] for row in derived])
        changed |= {row["dispatch_id"]: row["agency"] for row in derived if stored.get(row["dispatch_id"]) != row}
        was_current |= {dispatch_id: row["is_current"] for dispatch_id, row in stored.items()}
        was_danger_since |= {dispatch_id: row["danger_since"] for dispatch_id, row in stored.items()}
        rows |= {row["dispatch_id"]: row for row in derived}
        _store(connection, derived, stored)
    number_changes(connection, changed)
    dispatch_ids, answer_ids = set(new.ids("dispatch")), set(new.ids("answer"))
    # Of answers also those to a new dispatch that were stored before it.
    answers = [
        answer
        for answer in facts.answers(new.subjects("dispatch", "answer"))
        if answer.id in answer_ids or answer.dispatch_id in dispatch_ids
    ]
    return [
        *_changes_by_dispatches(rows, facts.dispatches(new.subjects("dispatch")), dispatch_ids),
        *_dangers(rows, was_danger_since),
        *_changes_by_messages(rows, marked),
        *_changes_by_answers(rows, answers),
        *_moves(rows, was_current),
    ]


def rebuild_cases(
    connection: Connection, complaint_ids: Collection[UUID], facts: SharedFacts, deadlines: Deadlines
) -> int:
    """Derive the cases of these complaints again, and number those that differ. Return the number of all.

    Nobody is told anything: nothing new has happened.
    """
    if not complaint_ids:
        return 0
    derived = _derive(connection, sorted(complaint_ids), facts, deadlines)
    stored = _stored_rows(connection, [row["dispatch_id"] for row in derived])
    # The words of a lost row may still be in the index.
    remove_cases(connection, [row["dispatch_id"] for row in derived])
    _store(connection, derived, stored)
    index_cases(connection, [row for row in derived if row["dispatch_id"] in stored])
    differing = [row for row in derived if stored.get(row["dispatch_id"]) != row]
    number_changes(connection, {row["dispatch_id"]: row["agency"] for row in differing})
    return len(derived)


def _derive(
    connection: Connection, complaint_ids: Sequence[UUID], facts: SharedFacts, deadlines: Deadlines
) -> list[dict[str, Any]]:
    members = _members(connection, facts.accompanied(complaint_ids))
    member_ids = sorted({member_id for ids in members.values() for member_id in ids})
    cases = read_facts(connection, complaint_ids, facts)
    member_facts = read_facts(connection, member_ids, facts) if member_ids else {}
    return [
        row
        for complaint_id, case in cases.items()
        for row in case_rows(
            replace(case, members=[member_facts[id_] for id_ in members.get(complaint_id, ())]), deadlines
        )
    ]


def _members(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """Return the complaints that accompany each case now and were cases of their own: a merge by a person."""
    members: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for case_id, member_id in connection.execute(_MEMBERS, {"ids": case_ids}) if case_ids else ():
        members[case_id].append(member_id)
    return members


def read_facts(
    connection: Connection, complaint_ids: Sequence[UUID], shared_facts: SharedFacts
) -> Mapping[UUID, CaseFacts]:
    """Return the facts of each complaint with a dispatch, without its members."""
    dispatches = _dispatches(connection, complaint_ids)
    answers = answers_by_case(shared_facts.answers(dispatches), dispatches)
    accompanying = _accompanying(connection, shared_facts.accompanied(complaint_ids))
    return {id_: CaseFacts(history, answers.get(id_, ()), accompanying[id_]) for id_, history in dispatches.items()}


def _dispatches(connection: Connection, complaint_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Dispatch]]:
    dispatches: defaultdict[UUID, list[Dispatch]] = defaultdict(list)
    for row in connection.execute(_DISPATCHES, {"ids": complaint_ids}):
        dispatches[row.complaint_id].append(decode_stored(Dispatch, row.shape_version, row.document))
    return dispatches


def _accompanying(connection: Connection, case_ids: Collection[UUID]) -> Mapping[UUID, Mapping[str, Accompanying]]:
    """Return what accompanies each case, by agency."""
    if not case_ids:
        return defaultdict(dict)
    messages: defaultdict[tuple[UUID, str], list[SenderMessage]] = defaultdict(list)
    written_at: defaultdict[tuple[UUID, str], list[datetime]] = defaultdict(list)
    repeats = connection.execute(_REPEATS, {"ids": case_ids}).all()
    for row in repeats:
        if row.is_message:
            messages[row.case_id, row.agency].append(SenderMessage(row.at, cast("SenderAct", row.act)))
        if row.act in ANSWERING_ACTS:
            written_at[row.case_id, row.agency].append(row.at)
    joined = {(of, agency): count for of, agency, count in connection.execute(_JOINS, {"ids": case_ids})}
    dangers: defaultdict[tuple[UUID, str], list[DangerReport]] = defaultdict(list)
    for row in connection.execute(_DANGERS, {"ids": case_ids}) if repeats or joined else ():
        dangers[row.case_id, row.agency].append(DangerReport(row.at, row.danger))
    accompanying: defaultdict[UUID, dict[str, Accompanying]] = defaultdict(dict)
    for of, agency in messages.keys() | written_at.keys() | joined.keys() | dangers.keys():
        in_order = tuple(sorted(messages[of, agency]))
        times = tuple(written_at[of, agency])
        count = joined.get((of, agency), 0)
        accompanying[of][agency] = Accompanying(in_order, times, count, tuple(dangers[of, agency]))
    return accompanying


def _stored_rows(connection: Connection, dispatch_ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = connection.execute(_STORED_ROWS, {"ids": dispatch_ids}).mappings()
    return {row["dispatch_id"]: dict(row) for row in rows}


def _store(connection: Connection, rows: Sequence[dict[str, Any]], stored: Mapping[UUID, dict[str, Any]]) -> None:
    changed = [row for row in rows if stored.get(row["dispatch_id"]) != row]
    if changed:
        insert_or_replace_rows(connection, DeskCase, changed)
        write_unit_cases(connection, [row["dispatch_id"] for row in changed])
    index_cases(connection, [row for row in rows if row["dispatch_id"] not in stored])


def _changes_by_dispatches(
    rows: Mapping[UUID, dict[str, Any]], histories: Mapping[UUID, Sequence[StoredDispatch]], new_ids: Collection[UUID]
) -> Iterator[CaseChange]:
    """Yield the cases that came to an agency."""
    for dispatch in (item for history in histories.values() for item in history if item.id in new_ids):
        if row := rows.get(dispatch.id):
            yield _change(row, "received", dispatch.id, dispatch.at)


def _dangers(
    rows: Mapping[UUID, dict[str, Any]], was_danger_since: Mapping[UUID, datetime | None]
) -> Iterator[CaseChange]:
    """Yield the cases that tell of danger to life: those that came, and those of which a further report tells so.

    While a danger has no answer, further ones are not told again.
    """
    for dispatch_id, row in rows.items():
        since, was_since = row["danger_since"], was_danger_since.get(dispatch_id)
        if since and (was_since is None or since > was_since):
            yield _change(row, "danger", ids.event_id(dispatch_id, f"danger {iso(since)}"), since)


def _changes_by_messages(rows: Mapping[UUID, dict[str, Any]], marked: Sequence[MarkedDispatch]) -> Iterator[CaseChange]:
    """Yield the cases whose sender wrote again."""
    current = {(row["complaint_id"], row["agency"]): row for row in rows.values() if row["is_current"]}
    for message in marked:
        if message.is_message and (row := current.get((message.case_id, message.agency))):
            yield _change(row, "citizen-wrote", message.dispatch_id, message.at)


def _changes_by_answers(rows: Mapping[UUID, dict[str, Any]], answers: Sequence[Row[Any]]) -> Iterator[CaseChange]:
    for answer in answers:
        if row := rows.get(answer.dispatch_id):
            yield _change(row, "answered", answer.id, answer.at)


def _moves(rows: Mapping[UUID, dict[str, Any]], was_current: Mapping[UUID, bool]) -> Iterator[CaseChange]:
    """Yield the cases that left an agency, also those that came and left at once."""
    for dispatch_id, row in rows.items():
        if was_current.get(dispatch_id, True) and not row["is_current"]:
            yield _change(row, "moved", ids.event_id(dispatch_id, "moved"), row["changed_at"])


def _change(row: Mapping[str, Any], kind: ChangeKind, id_: UUID, at: datetime) -> CaseChange:
    return CaseChange(id_, kind, row["agency"], row["tracking"], row["dispatch_id"], row["state"], at)

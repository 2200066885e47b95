"""Derives rows of `OversightCase` from facts, and changes the counts by the difference to the rows before."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Connection, bindparam, delete, select
from sqlmodel import col

from cases.clocks.deadlines import Deadlines
from cases.derivations.new_facts import NewFacts
from cases.derivations.shared_facts import SharedFacts
from cases.facts.rows import TABLES
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit
from config.reference.programmes import ProgrammeTable
from config.row_insertion import insert_or_replace_rows
from config.stored_counts import add_counts
from oversight.notices.consents import derived_consents, store_consents
from oversight.notices.rating_questions import rating_question, store_rating_questions
from oversight.notices.recommendation_clocks import recommendation_clocks
from oversight.notices.running_clocks import running_clocks, store_running_clocks
from oversight.notices.told_events import told_events
from oversight.read_model.case_row import case_row
from oversight.read_model.fact_reader import read_facts
from oversight.read_model.report_facts import case_clocks
from oversight.read_model.tables import OversightCase, OversightDay, OversightPairDay
from oversight.read_model.tallies import day_difference, pair_tallies

# Name of the derivation in `case_derivation`.
DERIVATION = "oversight"

_REPORTS_AT_ONCE = 200

_Row = Mapping[str, Any]

# Built once: each batch executes them.
_IDS: BindParameter[Any] = bindparam("ids")
_STORED_ROWS = select(OversightCase.__table__).where(is_one_of(col(OversightCase.complaint_id), _IDS))  # type: ignore[attr-defined]
_REMOVAL = delete(OversightCase).where(is_one_of(col(OversightCase.complaint_id), _IDS))


def derive_new(
    connection: Connection, new: NewFacts, facts: SharedFacts, deadlines: Deadlines, programmes: ProgrammeTable
) -> None:
    """Derive the rows of the reports that new facts are about, and change the counts. Again it changes nothing."""
    # A rebuild changes the same rows and counts.
    lock_until_commit(connection, DatabaseLock.OVERSIGHT)
    derive_cases(connection, new.subjects(*TABLES), facts, deadlines, programmes)


def derive_cases(
    connection: Connection,
    report_ids: Collection[UUID],
    shared_facts: SharedFacts,
    deadlines: Deadlines,
    programmes: ProgrammeTable,
) -> None:
    """Derive the rows of these reports and of all cases that they have ever accompanied, and store what changed.

    The caller holds the lock: two transactions that derive one row would each miss the other's fact.
    """
    affected = sorted(shared_facts.with_cases(report_ids))
    for start in range(0, len(affected), _REPORTS_AT_ONCE):
        chunk = affected[start : start + _REPORTS_AT_ONCE]
        all_facts = read_facts(connection, chunk, shared_facts)
        reports = [(facts, case_clocks(facts, deadlines)) for facts in all_facts]
        rows = {facts.id: case_row(facts, clocks, deadlines, programmes) for facts, clocks in reports}
        stored = _stored_rows(connection, chunk)
        _store(connection, stored, {id_: row for id_, row in rows.items() if row})
        cases = [(facts, clocks) for facts, clocks in reports if clocks]
        running = [clock for facts, clocks in cases for clock in running_clocks(facts, clocks, deadlines)]
        running += recommendation_clocks(connection, all_facts, shared_facts, deadlines)
        consents = derived_consents(connection, cases, deadlines)
        questions = [question for facts, _ in cases if (question := rating_question(facts))]
        case_ids = {clock.complaint_id for clock in running} | {consent.complaint_id for consent in consents}
        told = told_events(connection, case_ids | {question.complaint_id for question in questions})
        # A report that gets its first row now has neither clocks nor questions yet.
        earlier = [id_ for id_ in chunk if id_ in stored or not rows.get(id_)]
        store_running_clocks(connection, earlier, running, told)
        store_consents(connection, earlier, consents, told)
        store_rating_questions(connection, earlier, questions, told)


def _stored_rows(connection: Connection, report_ids: Sequence[UUID]) -> Mapping[UUID, _Row]:
    rows = connection.execute(_STORED_ROWS, {"ids": report_ids}).mappings()
    return {row["complaint_id"]: dict(row) for row in rows}


def _store(connection: Connection, before: Mapping[UUID, _Row], after: Mapping[UUID, _Row]) -> None:
    changes = [(before.get(id_), after.get(id_)) for id_ in {**before, **after} if before.get(id_) != after.get(id_)]
    _store_rows(connection, [id_ for id_ in before if id_ not in after], [row for _, row in changes if row])
    days: Counter[Any] = Counter()
    pairs: Counter[Any] = Counter()
    for old, new in changes:
        days.update(day_difference(old, new))
        pairs.update(pair_tallies(new) if new else ())
        pairs.subtract(pair_tallies(old) if old else ())
    add_counts(connection, OversightDay, days)
    add_counts(connection, OversightPairDay, pairs)


def _store_rows(connection: Connection, removed_ids: Sequence[UUID], rows: Sequence[_Row]) -> None:
    """Remove rows of cases, and store others in place of those before."""
    if removed_ids:
        connection.execute(_REMOVAL, {"ids": removed_ids})
    insert_or_replace_rows(connection, OversightCase, rows)

"""Stores facts and their words once, and writes to the log what is new, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, func, select
from sqlmodel import col

from cases.derivations.new_facts import FORGOTTEN
from cases.facts.rows import TABLES, FactKind, NewFact, key_of, rows_by_table
from cases.facts.tables import FactLog
from cases.words.forgotten import blank_new_words
from cases.words.tables import CaseWords
from config.database import DatabaseLock, lock_until_commit
from config.row_insertion import insert_missing_rows, insert_new_rows, insert_rows

_LAST_POSITION = select(func.coalesce(func.max(col(FactLog.position)), 0))


def store_facts(connection: Connection, facts: Sequence[NewFact]) -> Sequence[NewFact]:
    """Store the facts that were not stored before, with their words; log and return them.

    The words of forgotten persons are left out.
    """
    new_keys: dict[FactKind, set[tuple[Any, ...]]] = {
        kind: insert_new_rows(connection, TABLES[kind], rows) for kind, rows in rows_by_table(facts).items()
    }
    new_facts = _new_facts(facts, new_keys)
    words = [fact.words for fact in new_facts if fact.words]
    blank_new_words(connection, words)
    insert_missing_rows(connection, CaseWords, words)
    append_to_log(connection, [_entry(fact) for fact in new_facts])
    return new_facts


def append_to_log(connection: Connection, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write entries to the log, the last act of a transaction.

    A position that was taken from a sequence could be committed after a higher one, and a derivation would pass it by.
    So it is taken under a lock that is held until the commit.
    """
    if not entries:
        return
    lock_until_commit(connection, DatabaseLock.CASE_LOG)
    last = connection.execute(_LAST_POSITION).scalar_one()
    rows = [{"position": last + number, **entry} for number, entry in enumerate(entries, start=1)]
    insert_rows(connection, FactLog, rows)


def log_forgotten(connection: Connection, complaint_ids: Collection[UUID], now: datetime) -> None:
    """Write to the log that the words of these complaints were removed."""
    entries = [
        {"kind": FORGOTTEN, "fact_id": id_, "complaint_id": id_, "other_id": None, "at": now}
        for id_ in sorted(complaint_ids)
    ]
    append_to_log(connection, entries)


def _new_facts(facts: Sequence[NewFact], new_keys: Mapping[FactKind, Collection[tuple[Any, ...]]]) -> Sequence[NewFact]:
    """Return the facts whose rows were inserted, each once, in their order."""
    new: dict[tuple[FactKind, tuple[Any, ...]], NewFact] = {}
    for fact in facts:
        key = key_of(fact.kind, fact.row)
        if key in new_keys.get(fact.kind, ()):
            new.setdefault((fact.kind, key), fact)
    return list(new.values())


def _entry(fact: NewFact) -> Mapping[str, Any]:
    return {
        "kind": fact.kind,
        "fact_id": fact.id,
        "complaint_id": fact.complaint_id,
        "other_id": fact.other_id,
        "at": fact.taken_at,
    }

"""Stores facts and their words once, and writes to the log what is new, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from cases.facts.log import append_to_log
from cases.facts.rows import TABLES, FactKind, NewFact, key_of, rows_by_table
from cases.words.forgotten import blank_new_words
from cases.words.tables import CaseWords
from config.row_insertion import insert_missing_rows, insert_new_rows


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

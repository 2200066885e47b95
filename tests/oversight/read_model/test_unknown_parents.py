"""Facts of a case whose reports repeat ones that are not known yet, as in a rebuild, which reads dispatches first."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, insert

from cases.facts.tables import ComplaintFact, DispatchFact
from config.database import read_transaction, write_transaction
from oversight.read_model.fact_reader import read_facts
from tests.conftest import NOW

CASE, REPEAT, OTHER_REPEAT, PARENT, UNKNOWN, OTHER_UNKNOWN = (UUID(int=number) for number in range(1, 7))
_MOST_STATEMENTS = 50


@pytest.fixture
def limited(engine: Engine) -> Iterator[Engine]:
    """A database that refuses to be asked for ever."""
    statements = 0

    def count(*_: Any) -> None:
        nonlocal statements
        statements += 1
        assert statements < _MOST_STATEMENTS, "the same is asked again and again"

    event.listen(engine, "before_cursor_execute", count)
    yield engine
    event.remove(engine, "before_cursor_execute", count)


def report(id_: UUID, of: UUID | None = None) -> dict[str, Any]:
    """Return the row of a report that is new, or repeats another one."""
    texts = dict.fromkeys(("tracking", "channel", "kind"), "x")
    relation = {"act": "reports", "relation": "repeat" if of else "new", "of": of}
    flags = {"anonim": False, "rahasia": False}
    return {**texts, **flags, **relation, "id": id_, "message_id": id_, "received_at": NOW}


def dispatch(id_: UUID, of: UUID | None = None) -> dict[str, Any]:
    """Return the row of the first dispatch of a report, which accompanies the case `of`."""
    texts = {"agency": "bumn-pln", "act": "reports", "topic": "", "region": "", "tracking": "x", "rules_version": ""}
    relation = {"own_case": of is None, "case_id": of or id_, "relation": "repeat" if of else "new", "of": of}
    times = {"at": NOW, "due_at": NOW}
    return {**texts, **relation, **times, "id": id_, "complaint_id": id_, "hop": 0, "reopened": 0}


def test_two_parents_are_unknown(limited: Engine) -> None:
    """One is the parent of a report, the other one the parent of a parent. The facts are read all the same."""
    with write_transaction(limited) as connection:
        reports = [report(CASE), report(REPEAT, PARENT), report(OTHER_REPEAT, UNKNOWN), report(PARENT, OTHER_UNKNOWN)]
        connection.execute(insert(ComplaintFact), reports)
        dispatches = [dispatch(CASE), dispatch(REPEAT, CASE), dispatch(OTHER_REPEAT, CASE)]
        connection.execute(insert(DispatchFact), dispatches)
    with read_transaction(limited) as connection:
        (facts,) = read_facts(connection, [CASE])
    assert (facts.id, facts.messages) == (CASE, ())

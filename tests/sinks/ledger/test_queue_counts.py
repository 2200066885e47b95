"""Counts of unanswered cases in each agency's queue, on both databases."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, insert

from cases.facts.tables import AnswerFact, ComplaintFact, DispatchFact
from cases.words.tables import CaseWords
from config.database import read_transaction, write_transaction
from messages.topics import TRIAGE
from sinks.ledger.counts.queue_counts import QueueCounts, read_queues, recount_queues
from sinks.ledger.triage_cases import count_undecided, triage_decision
from tests.conftest import NOW
from tests.sinks.ledger.test_status import answer, complaint, dispatch
from tests.support.case_stages import store

_OWN_CASE = {"relation": "new", "own_case": True}


def test_unanswered_cases_are_counted(engine: Engine) -> None:
    """A case counts at its latest agency; most cases first, with the oldest and those that were due before today."""
    moved_case = [{**dispatch(4), **_OWN_CASE}, {**dispatch(4, 1), **_OWN_CASE, "agency": "bumn-pln"}]
    follower = {**dispatch(5), **_OWN_CASE, "own_case": False}
    rows = [{**dispatch(number), **_OWN_CASE} for number in (1, 2, 3)]
    rows[1]["due_at"] = NOW + timedelta(days=9)
    with write_transaction(engine) as connection:
        connection.execute(insert(DispatchFact), [*rows, *moved_case, follower])
        connection.execute(insert(AnswerFact), [answer(3, "accepted")])
        recount_queues(connection)
    later = NOW + timedelta(hours=1)
    with read_transaction(engine) as connection:
        assert sum(queue.overdue for queue in read_queues(connection, later)) == 0
        counts = read_queues(connection, later + timedelta(days=1))
    assert counts == [QueueCounts("kota-3374", 2, NOW, 1), QueueCounts("bumn-pln", 1, later, 1)]


def test_a_decided_triage_case_is_not_counted(engine: Engine) -> None:
    """A decision of triage counts before its dispatch is in the ledger."""
    decision = {**answer(1, "refused"), "agency": TRIAGE, "suggested_agency": "kota-3374"}
    with write_transaction(engine) as connection:
        rows = [{**dispatch(number), **_OWN_CASE, "agency": TRIAGE} for number in (1, 2)]
        connection.execute(insert(DispatchFact), rows)
        connection.execute(insert(AnswerFact), [decision])
        recount_queues(connection)
    with read_transaction(engine) as connection:
        assert [(queue.agency, queue.cases) for queue in read_queues(connection, NOW)] == [(TRIAGE, 1)]


def test_an_answer_that_names_another_complaint_decides_no_triage_case(engine: Engine) -> None:
    """It is kept, and the case stays in the list of triage and in the count."""
    case = {**dispatch(1), **_OWN_CASE, "agency": TRIAGE}
    words = {"fact_id": case["id"], "complaint_id": case["complaint_id"], "kind": "dispatch"}
    other = {**answer(1, "closed"), "agency": TRIAGE, "complaint_id": UUID(int=99)}
    with write_transaction(engine) as connection:
        store(connection, ComplaintFact, [{**complaint(1), "id": case["complaint_id"]}])
        connection.execute(insert(DispatchFact), [case])
        connection.execute(insert(CaseWords), [words])
        connection.execute(insert(AnswerFact), [other])
        recount_queues(connection)
    with read_transaction(engine) as connection:
        assert [queue.cases for queue in read_queues(connection, NOW)] == [1]
        assert count_undecided(connection, ["kota-3374"]).cases == 1
        assert triage_decision(connection, case["id"], ["kota-3374"]) is None


def test_an_empty_ledger_has_no_counts(engine: Engine) -> None:
    """An empty ledger has no counts. An answer by another agency does not count as one."""
    with read_transaction(engine) as connection:
        assert read_queues(connection, NOW) == []
    with write_transaction(engine) as connection:
        connection.execute(insert(DispatchFact), [{**dispatch(1), **_OWN_CASE}])
        connection.execute(insert(AnswerFact), [{**answer(1, "closed"), "agency": "bumn-pln", "id": UUID(int=9)}])
        recount_queues(connection)
    with read_transaction(engine) as connection:
        assert [queue.cases for queue in read_queues(connection, NOW)] == [1]

"""What lies at each agency's door: counted from the ledger, on both databases."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import Engine, insert

from config.database import read_transaction, write_transaction
from messages.topics import TRIAGE
from sinks.ledger.queue_counts import QueueCounts, count_queues
from sinks.ledger.tables import AnswerRow, DispatchRow
from tests.conftest import NOW
from tests.sinks.ledger.test_status import answer, dispatch

_PLAIN = {"relation": "new", "own_case": True}


def test_what_is_not_answered_waits(engine: Engine) -> None:
    """At the door where it lies now; the fullest first, with the oldest and how many are past their due time."""
    moved = [{**dispatch(4), **_PLAIN}, {**dispatch(4, 1), **_PLAIN, "agency": "bumn-pln"}]
    along = {**dispatch(5), **_PLAIN, "own_case": False}
    rows = [{**dispatch(place), **_PLAIN} for place in (1, 2, 3)]
    rows[1]["due_at"] = NOW + timedelta(days=9)
    with write_transaction(engine) as connection:
        connection.execute(insert(DispatchRow), [*rows, *moved, along])
        connection.execute(insert(AnswerRow), [answer(3, "accepted")])
    later = NOW + timedelta(hours=1)
    with read_transaction(engine) as connection:
        found = count_queues(connection, later + timedelta(seconds=1))
    assert found == [QueueCounts("kota-3374", 2, NOW, 1), QueueCounts("bumn-pln", 1, later, 1)]


def test_what_triage_gave_on_waits_there_no_more(engine: Engine) -> None:
    """It said so; the dispatch that follows may not be written yet."""
    given = {**answer(1, "refused"), "agency": TRIAGE, "theirs": "kota-3374"}
    with write_transaction(engine) as connection:
        rows = [{**dispatch(place), **_PLAIN, "agency": TRIAGE} for place in (1, 2)]
        connection.execute(insert(DispatchRow), rows)
        connection.execute(insert(AnswerRow), [given])
    with read_transaction(engine) as connection:
        assert [(queue.agency, queue.cases) for queue in count_queues(connection, NOW)] == [(TRIAGE, 1)]


def test_nothing_waits_where_nothing_is(engine: Engine) -> None:
    """An empty ledger, and an answer to a dispatch that another agency has."""
    with read_transaction(engine) as connection:
        assert count_queues(connection, NOW) == []
    with write_transaction(engine) as connection:
        connection.execute(insert(DispatchRow), [{**dispatch(1), **_PLAIN}])
        connection.execute(insert(AnswerRow), [{**answer(1, "closed"), "agency": "bumn-pln", "id": UUID(int=9)}])
    with read_transaction(engine) as connection:
        assert [queue.cases for queue in count_queues(connection, NOW)] == [1]

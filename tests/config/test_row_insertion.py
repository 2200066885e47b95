"""Many rows are inserted alike on each database, with ids, times and empty values."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Connection, Engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col

from config.database import read_transaction, write_transaction
from config.row_insertion import Row, insert_missing_rows, insert_or_replace_rows, insert_rows
from normalize.decision_store import Decision
from normalize.duplicates.store.tables import ClosedComplaint
from tests.conftest import NOW

_LATER = NOW + timedelta(hours=1)
_FIRST, _SECOND = UUID(int=1), UUID(int=2)


def closing(complaint_id: UUID, closed_at: datetime | None) -> Row:
    """Return a row without the time at which the case was opened again."""
    return {"complaint_id": complaint_id, "closed_at": closed_at}


def stored(connection: Connection) -> list[tuple[UUID, datetime | None, datetime | None]]:
    """Return the rows of the table."""
    table = ClosedComplaint
    query = select(col(table.complaint_id), col(table.closed_at), col(table.reopened_at))
    return [(row[0], row[1], row[2]) for row in connection.execute(query.order_by(col(table.complaint_id)))]


def test_rows_that_are_there_stay(engine: Engine) -> None:
    """Only the missing ones are inserted."""
    with write_transaction(engine) as connection:
        insert_missing_rows(connection, ClosedComplaint, [closing(_FIRST, NOW)])
        insert_missing_rows(connection, ClosedComplaint, [closing(_FIRST, _LATER), closing(_SECOND, None)])
        assert stored(connection) == [(_FIRST, NOW, None), (_SECOND, None, None)]


def test_rows_that_are_there_are_replaced(engine: Engine) -> None:
    """Each gets its own new values."""
    with write_transaction(engine) as connection:
        insert_or_replace_rows(connection, ClosedComplaint, [closing(_FIRST, NOW), closing(_SECOND, NOW)])
        insert_or_replace_rows(connection, ClosedComplaint, [closing(_SECOND, None), closing(_FIRST, _LATER)])
        assert stored(connection) == [(_FIRST, _LATER, None), (_SECOND, None, None)]


def test_a_row_that_must_be_new_is_not_there(engine: Engine) -> None:
    """Nothing of the transaction is written."""
    rows = [{"message_id": uuid4(), "position": f"p{number}", "relation": "{}"} for number in range(2)]
    with write_transaction(engine) as connection:
        insert_rows(connection, Decision, [{**row, "language_version": "", "follow_up": ""} for row in rows[:1]])
    with pytest.raises(IntegrityError), write_transaction(engine) as connection:
        insert_rows(connection, Decision, [{**row, "language_version": "", "follow_up": ""} for row in rows[::-1]])
    with read_transaction(engine) as connection:
        assert connection.execute(select(col(Decision.position))).scalars().all() == ["p0"]


@pytest.mark.parametrize("insert", [insert_rows, insert_missing_rows, insert_or_replace_rows])
def test_no_rows_need_no_statement(
    engine: Engine, insert: Callable[[Connection, type[SQLModel], Sequence[Row]], None]
) -> None:
    """A batch without such rows asks the database nothing."""
    statements: list[object] = []
    with write_transaction(engine) as connection:
        event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
        insert(connection, ClosedComplaint, [])
    assert not statements

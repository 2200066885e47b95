"""Each known difference between SQLite and PostgreSQL: the product behaves alike on both."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, bindparam, delete, insert, update
from sqlmodel import col

from config.database import COUNTED, changed_rows, insertion_of_missing, write_transaction
from normalize.duplicates.store.tables import ClosedComplaint
from tests.conftest import NOW

IDS = tuple(UUID(int=number) for number in range(1, 4))
Row = dict[str, UUID | datetime | None]


def rows(ids: Iterable[UUID] = IDS) -> list[Row]:
    """Return rows of closed complaints with these ids."""
    return [{"complaint_id": id_, "closed_at": NOW, "reopened_at": None} for id_ in ids]


def insertion(connection: Connection, *returned: str) -> Any:
    """Return an INSERT of the missing ones among closed complaints."""
    return insertion_of_missing(connection.dialect.name, ClosedComplaint, *returned)


def test_the_number_of_changed_rows(engine: Engine) -> None:
    """It counts the rows that an UPDATE and a DELETE met, also of several executions, and those that INSERT added."""
    is_id = col(ClosedComplaint.complaint_id) == bindparam("id")
    with write_transaction(engine) as connection:
        counted = insertion(connection).execution_options(**COUNTED)
        assert changed_rows(connection.execute(counted, rows(IDS[:1]))) == 1
        assert changed_rows(connection.execute(counted, rows())) == 2
        assert changed_rows(connection.execute(counted, rows())) == 0
        reopening = update(ClosedComplaint).values(reopened_at=NOW)
        assert changed_rows(connection.execute(reopening)) == 3
        meetings = [{"id": IDS[0]}, {"id": UUID(int=99)}, {"id": IDS[1]}]
        assert changed_rows(connection.execute(reopening.where(is_id), meetings)) == 2
        assert changed_rows(connection.execute(delete(ClosedComplaint).where(is_id), {"id": IDS[0]})) == 1
        assert changed_rows(connection.execute(delete(ClosedComplaint).where(is_id), {"id": IDS[0]})) == 0


def test_an_unknown_number_of_rows_is_an_error(engine: Engine) -> None:
    """PostgreSQL's -1 for an INSERT is no number, and neither is SQLite's 0 for rows that are returned."""
    id_ = col(ClosedComplaint.complaint_id)
    with write_transaction(engine) as connection:
        for statement in (
            insert(ClosedComplaint).values(rows()[0]),
            insertion(connection).values(rows()[1]),
            insertion(connection, "complaint_id").values(rows()[2]),
            update(ClosedComplaint).values(closed_at=NOW).returning(id_),
            delete(ClosedComplaint).returning(id_),
        ):
            result = connection.execute(statement)
            with pytest.raises(RuntimeError, match="unknown"):
                changed_rows(result)
            result.close()

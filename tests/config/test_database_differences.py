"""Each known difference between SQLite and PostgreSQL: the product behaves alike on both."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, event, func, insert, select, update
from sqlmodel import col

from config.conditions import contains_text, ends_with, is_one_of, starts_with
from config.database import COUNTED, changed_rows, insertion_of_missing, write_transaction
from config.row_insertion import insert_rows
from normalize.duplicates.store.tables import ClosedComplaint
from router.store import RoutedDispatch
from tests.conftest import NOW
from tests.support.query_plans import plans

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


def dispatch_row(number: int) -> dict[str, Any]:
    """Return a row with values of several types."""
    return {
        "complaint_id": UUID(int=number), "hop": number, "position": f"p{number}", "dispatch": "{}",
        "follows": UUID(int=number + 1) if number > 1 else None, "cause_id": None, "shape_version": 1,
    }  # fmt: skip


MEMBERSHIPS: Mapping[str, tuple[Any, Collection[Any], list[int]]] = {
    "an id": (col(RoutedDispatch.complaint_id), [UUID(int=2), UUID(int=99)], [2]),
    "a number": (col(RoutedDispatch.hop), (1, 3, 2**31 - 1), [1, 3]),
    "a text": (col(RoutedDispatch.position), {"p1", "P2", "p", "p3 ", 'p"3', "é"}, [1]),
    "an expression": (col(RoutedDispatch.hop) + 1, [2], [1]),
    "none of no values": (col(RoutedDispatch.hop), [], []),
    "NULL among the values": (col(RoutedDispatch.follows), [UUID(int=3), None], [2]),
    "NULL alone": (col(RoutedDispatch.follows), [None], []),
}


@pytest.mark.parametrize("case", MEMBERSHIPS)
def test_membership_in_values(engine: Engine, case: str) -> None:
    """A row is found by its value or, by the negation, by another value; `NULL` is neither among values nor not."""
    column, values, found = MEMBERSHIPS[case]
    rows_ = select(col(RoutedDispatch.hop)).order_by(col(RoutedDispatch.hop))
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, [dispatch_row(number) for number in (1, 2, 3)])
        assert connection.execute(rows_.where(is_one_of(column, values))).scalars().all() == found
        named = rows_.where(is_one_of(column, bindparam("values")), is_one_of(column, bindparam("values")))
        assert connection.execute(named, {"values": values}).scalars().all() == found
        has_value = connection.execute(rows_.where(column.is_not(None))).scalars().all()
        others = [hop for hop in has_value if hop not in found]
        if any(values):
            assert connection.execute(rows_.where(~is_one_of(column, values))).scalars().all() == others


def test_a_statement_takes_any_number_of_values_as_one_parameter(engine: Engine) -> None:
    """More than either database takes parameters, and the text of the statement is the same: it is prepared once."""
    ids = [uuid5(UUID(int=0), str(number)) for number in range(70_000)]
    query = select(col(RoutedDispatch.hop)).order_by(col(RoutedDispatch.hop))
    statements = set()
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, [dispatch_row(5) | {"complaint_id": ids[-1]}])
        event.listen(connection, "before_cursor_execute", lambda *arguments: statements.add(arguments[2]))
        for values in (ids, ids[-1:]):
            assert (
                connection.execute(query.where(is_one_of(col(RoutedDispatch.complaint_id), values))).scalar_one() == 5
            )
    assert len(statements) == 1


TEXTS = ("Ani [1]", "ani", "An", "a_i", "a%", "An\uffff", "Ao", "\U0010ffffx", "\ud7ffx", "Ünal", "ünal", "")
CONDITIONS: Mapping[str, tuple[Callable[[Any], ColumnElement[bool]], set[str]]] = {
    "a beginning": (lambda column: starts_with(column, "An"), {"Ani [1]", "An", "An\uffff"}),
    "a beginning in small letters": (lambda column: starts_with(column, "a"), {"ani", "a_i", "a%"}),
    "a beginning with a wildcard": (lambda column: starts_with(column, "a_"), {"a_i"}),
    "a beginning before surrogates": (lambda column: starts_with(column, "\ud7ff"), {"\ud7ffx"}),
    "the last beginning": (lambda column: starts_with(column, "\U0010ffff"), {"\U0010ffffx"}),
    "no beginning": (lambda column: starts_with(column, ""), set(TEXTS)),
    "an end": (lambda column: ends_with(column, "i"), {"ani", "a_i"}),
    "an end longer than texts": (lambda column: ends_with(column, "i [1]"), {"Ani [1]"}),
    "a part": (lambda column: contains_text(column, "ni"), {"Ani [1]", "ani"}),
    "a part in capitals": (lambda column: contains_text(column, "A"), {"Ani [1]", "An", "An\uffff", "Ao"}),
    "a part with a wildcard": (lambda column: contains_text(column, "%"), {"a%"}),
    "a part in any case": (
        lambda column: contains_text(column, "aN", ignores_case=True),
        {"Ani [1]", "ani", "An", "An\uffff"},
    ),
    "a part in any case beyond ASCII": (lambda column: contains_text(column, "Ü", ignores_case=True), {"Ünal"}),
    "no part": (lambda column: contains_text(column, ""), set(TEXTS)),
}  # fmt: skip


@pytest.mark.parametrize("case", CONDITIONS)
def test_a_part_of_a_text(engine: Engine, case: str) -> None:
    """Capital letters count, unless the condition says otherwise, and `%` and `_` are characters as any."""
    condition, found = CONDITIONS[case]
    texts = [dispatch_row(number) | {"position": text} for number, text in enumerate(TEXTS)]
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, texts)
        query = select(col(RoutedDispatch.position)).where(condition(col(RoutedDispatch.position)))
        assert set(connection.execute(query).scalars()) == found


def test_an_index_serves_a_beginning(engine: Engine) -> None:
    """Also on SQLite, whose index does not serve LIKE."""
    query = select(col(RoutedDispatch.dispatch)).where(starts_with(col(RoutedDispatch.position), "An"))
    ((_, plan),) = plans(engine, lambda connection: connection.execute(query).all())
    assert "ix_router_dispatch_position" in plan


def test_the_order_of_texts_is_that_of_their_bytes(engine: Engine) -> None:
    """In `ORDER BY`, `<` and `min`: capitals before small letters, a beginning before its continuation."""
    position = col(RoutedDispatch.position)
    texts = [dispatch_row(number) | {"position": text} for number, text in enumerate(TEXTS)]
    in_order = sorted(TEXTS, key=str.encode)
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, texts)
        assert connection.execute(select(position).order_by(position)).scalars().all() == in_order
        assert connection.execute(select(position).where(position < "a").order_by(position)).scalars().all() == [
            text for text in in_order if text < "a"
        ]
        assert connection.execute(select(func.max(position))).scalar_one() == in_order[-1]

"""Each known difference between SQLite and PostgreSQL: the product behaves alike on both."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import pytest
from sqlalchemy import (
    BigInteger,
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    bindparam,
    delete,
    event,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError
from sqlmodel import col

from app.tables import METADATA
from config.conditions import contains_text, ends_with, is_one_of, starts_with
from config.database import (
    COUNTED,
    changed_rows,
    has_row,
    insertion_of_missing,
    read_transaction,
    snapshot_transaction,
    write_transaction,
)
from config.row_insertion import insert_missing_rows, insert_or_replace_rows, insert_rows
from desk.read_model.tables import DeskCaseChange
from desk.webhooks.tables import DeliveryRow
from normalize.duplicates.store.tables import ClosedComplaint
from pages.text_check import is_usable_json, is_usable_urlencoded
from privacy.tables import PersonReport
from router.store import RoutedDispatch
from tests.conftest import NOW
from tests.support.query_plans import plans, scanned_tables

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
        "follows": UUID(int=number + 1) if number > 1 else None, "cause_id": UUID(int=number), "shape_version": 1,
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


LISTED: BindParameter[Any] = bindparam("values")
LISTS: Mapping[str, tuple[Any, Collection[Any], Collection[str]]] = {
    "a part of the key": (
        select(col(RoutedDispatch.position)).where(
            is_one_of(col(RoutedDispatch.complaint_id), LISTED), col(RoutedDispatch.hop) == 0
        ),
        IDS,
        ("sqlite_autoindex_router_dispatch_1", "router_dispatch_pkey"),
    ),
    "one of two indexes": (
        select(col(RoutedDispatch.position)).where(
            or_(is_one_of(col(RoutedDispatch.complaint_id), LISTED), is_one_of(col(RoutedDispatch.follows), LISTED))
        ),
        IDS,
        ("ix_router_dispatch_follows",),
    ),
    "a number that is the key": (
        select(col(DeliveryRow.number)).where(is_one_of(col(DeliveryRow.position), LISTED)),
        [1, 2],
        ("INTEGER PRIMARY KEY", "desk_webhook_delivery_pkey"),
    ),
}


@pytest.mark.parametrize("case", LISTS)
def test_an_index_serves_a_list(engine: Engine, case: str) -> None:
    """No table is read as a whole for the rows with one of many values."""
    query, values, indexes = LISTS[case]
    ((_, plan),) = plans(engine, lambda connection: connection.execute(query, {"values": values}).all())
    assert any(index in plan for index in indexes)
    assert scanned_tables(plan, ["router_dispatch", "desk_webhook_delivery"]) == set()


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


def test_rows_of_one_key_in_one_call(engine: Engine) -> None:
    """The last one replaces the others; of missing rows the first one is inserted."""
    later = [row | {"closed_at": None} for row in rows(IDS[:1])]
    closed_at = select(col(ClosedComplaint.closed_at))
    with write_transaction(engine) as connection:
        insert_missing_rows(connection, ClosedComplaint, [*rows(IDS[:1]), *later])
        assert connection.execute(closed_at).scalars().all() == [NOW]
        insert_or_replace_rows(connection, ClosedComplaint, [*rows(IDS[:1]), *later])
        assert connection.execute(closed_at).scalars().all() == [None]


def test_nothing_of_a_transaction_with_a_refused_statement_is_written(engine: Engine) -> None:
    """PostgreSQL goes on with no such transaction, SQLite would: an error always ends it."""
    with pytest.raises(IntegrityError), write_transaction(engine) as connection:  # noqa: PT012
        insert_rows(connection, ClosedComplaint, rows(IDS[:2]))
        insert_rows(connection, ClosedComplaint, rows(IDS[1:]))
    with read_transaction(engine) as connection:
        assert not has_row(connection, select(col(ClosedComplaint.complaint_id)))


def test_the_queries_of_a_snapshot_see_one_moment(engine: Engine) -> None:
    """Also on PostgreSQL, whose usual transactions see what others commit meanwhile."""
    query = select(col(ClosedComplaint.complaint_id)).order_by(col(ClosedComplaint.complaint_id))
    with snapshot_transaction(engine) as snapshot:
        earlier = snapshot.execute(query).all()
        with write_transaction(engine) as connection:
            insert_rows(connection, ClosedComplaint, rows())
        assert snapshot.execute(query).all() == earlier == []
    with snapshot_transaction(engine) as snapshot:
        assert snapshot.execute(query).scalars().all() == list(IDS)


def test_text_that_one_database_refuses(engine: Engine) -> None:
    """SQLite stores NUL, and PostgreSQL names it a fault of the values; half a pair neither. The edge refuses both."""
    for text, is_stored in (("\0", engine.dialect.name == "sqlite"), ("\ud800", False)):
        outcome = nullcontext() if is_stored else pytest.raises((DataError, UnicodeEncodeError))
        with outcome, write_transaction(engine) as connection:
            insert_rows(connection, RoutedDispatch, [dispatch_row(1) | {"position": text}])
        encoded = text.encode("utf-8", "surrogatepass")
        assert not is_usable_urlencoded(encoded)
        assert not is_usable_json(json.dumps(text).encode())


EXPRESSIONS: Mapping[str, tuple[Any, object]] = {
    "a quotient": (literal(7) / literal(2), Decimal("3.5")),
    "a quotient without remainder": (literal(7) // literal(2), 3),
    "a sum of numbers": (select(func.sum(col(RoutedDispatch.hop))).scalar_subquery(), 4),
    "a sum of nothing": (
        select(func.coalesce(func.sum(col(RoutedDispatch.hop)), 0))
        .where(col(RoutedDispatch.hop) > 9)
        .scalar_subquery(),
        0,
    ),
    "a number of rows": (select(func.count()).select_from(RoutedDispatch).scalar_subquery(), 2),
    "a truth": (literal(2) > literal(1), True),
    "the length of a text": (func.length(literal("aé😀")), 3),
}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_the_value_and_type_of_an_expression(engine: Engine, case: str) -> None:
    """No sum is a `Decimal`, no truth a number, and no quotient is cut off."""
    expression, expected = EXPRESSIONS[case]
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, [dispatch_row(number) for number in (1, 3)])
        value = connection.execute(select(expression)).scalar_one()
    assert (value, type(value)) == (expected, type(expected))


def test_a_moment_and_a_truth_come_back_as_they_were(engine: Engine) -> None:
    """A moment of another zone in UTC, with its microseconds; a truth as `bool`."""
    at = datetime(2026, 11, 24, 8, 4, 5, 678901, tzinfo=timezone(timedelta(hours=9)))
    query = select(col(PersonReport.received_at), col(PersonReport.has_shared_seal))
    row = {"complaint_id": IDS[0], "message_id": IDS[1], "sender": "s", "received_at": at, "has_shared_seal": True}
    with write_transaction(engine) as connection:
        insert_rows(connection, PersonReport, [row])
        stored_at, has_shared_seal = connection.execute(query).one()
    assert stored_at is not None
    assert (stored_at, stored_at.utcoffset(), has_shared_seal) == (at, timedelta(), True)
    assert isinstance(has_shared_seal, bool)


def test_an_empty_value_is_equal_to_no_other_in_a_unique_column(engine: Engine) -> None:
    """Two rows without a value are there, two with the same value are not."""
    table = Table("difference", MetaData(), Column("value", Integer, unique=True), prefixes=["TEMPORARY"])
    with pytest.raises(IntegrityError), write_transaction(engine) as connection:  # noqa: PT012
        table.create(connection)
        connection.execute(insert(table), [{"value": None}, {"value": None}, {"value": 1}])
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 3
        connection.execute(insert(table), [{"value": 1}])


def test_the_place_of_empty_values(engine: Engine) -> None:
    """They come first on SQLite and last on PostgreSQL, unless a query says it."""
    follows = col(RoutedDispatch.follows)
    with write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, [dispatch_row(number) for number in (1, 2, 3)])
        hops = select(col(RoutedDispatch.hop))
        assert connection.execute(hops.order_by(follows.nulls_last())).scalars().all() == [2, 3, 1]
        assert connection.execute(hops.order_by(follows.desc().nulls_last())).scalars().all() == [3, 2, 1]


def test_numbers_beyond_a_column(engine: Engine) -> None:
    """SQLite stores any number of 64 bits in any column. PostgreSQL names it a fault of the values."""
    is_stored = engine.dialect.name == "sqlite"
    with nullcontext() if is_stored else pytest.raises(DataError), write_transaction(engine) as connection:
        insert_rows(connection, RoutedDispatch, [dispatch_row(2**31)])
    with write_transaction(engine) as connection:
        insert_rows(connection, DeskCaseChange, [{"dispatch_id": IDS[0], "agency": "a", "seq": 2**31}])


# Numbers of 32 bits, and why they are below 2**31. All others are `BigInteger`.
SMALL_NUMBERS = {
    **dict.fromkeys(("hop", "hops", "agency_hop", "refusals", "reopened", "reopenings", "closings"), "hops of a case"),
    "transfers": "hops of a case",
    "extension_days": "the shape refuses more than a year",
    **dict.fromkeys(("attempts", "tries", "failures"), "each is an attempt of ours, with a limit"),
    **dict.fromkeys(("size", "length", "start"), "bytes of one file"),
    **dict.fromkeys(("joined", "pictures", "version", "returns"), "reports, files and acts of one case"),
    **dict.fromkeys(("shape_version", "epoch", "http_status", "rating", "total", "bucket"), "of a small set"),
    "sequence": "the app's door refuses more",
    "last_step": "half minutes since 1970",
    "seq": "acts of staff: a thousand a minute for four years",
    "position": "notices to webhooks: a thousand a minute for four years",
    "id": "one row",
    "slot": "of a small set",
    **dict.fromkeys(("part_number", "router_part.number"), "parts of one report: five at most"),
    **dict.fromkeys(
        (
            *("ingest_sms_part.number", "router_partition.number"),
            *("oversight_day.number", "oversight_pair_day.number"),
        ),
        "parts of an SMS, partitions, reports of one day or month",
    ),
}


def test_every_number_has_room() -> None:
    """A column of 32 bits has a reason. A reason goes with the last column that it is for."""
    small = [
        {column.name, f"{table.name}.{column.name}"}
        for table in METADATA.sorted_tables
        for column in table.columns
        if isinstance(column.type, Integer) and not isinstance(column.type, BigInteger)
    ]
    assert [names for names in small if names.isdisjoint(SMALL_NUMBERS)] == []
    assert SMALL_NUMBERS.keys() <= {name for names in small for name in names}


# Types whose values are alike on both databases. JSON, arrays, decimal numbers, and times without a zone are not.
TYPES = {"AutoString", "BigInteger", "Boolean", "Date", "Float", "Integer", "SmallInteger", "UtcDateTime", "Uuid"}


def test_every_column_has_a_type_that_both_databases_have() -> None:
    """Each time is a moment in UTC."""
    other = {f"{table.name}.{column.name}": column.type for table in METADATA.sorted_tables for column in table.columns}
    assert {name: type_ for name, type_ in other.items() if type(type_).__name__ not in TYPES} == {}


def test_no_name_is_cut_off() -> None:
    """PostgreSQL cuts a name off after 63 bytes, and two may then be one."""
    names = [
        str(named.name)
        for table in METADATA.sorted_tables
        for named in (table, *table.columns, *table.indexes, *table.constraints)
        if named.name
    ]
    assert [name for name in names if len(name.encode()) > 63] == []

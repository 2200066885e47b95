"""No statement means one thing on SQLite and another on PostgreSQL: each known difference has a helper of `config`."""

from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from app.tables import MODULES
from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT
from tests.support.sql_use import raw_uses

_OTHER_INDEX = "the two databases have different indexes of words"
_ANY_ROWS = "any rows do, as many as the limit"
_NO_NULLS = "the condition leaves out empty values"
# Uses that have a reason, by file, function and rule.
ALLOWED = {
    "app/assembly/migrate.py _any_duration dialect": "PostgreSQL alone limits a statement's time",
    "app/assembly/startup/checks.py _check_connections dialect": "SQLite has no server whose connections are limited",
    "app/assembly/startup/checks.py _database_address dialect": "the address of SQLite is a file",
    "app/database.py open_key_database dialect": "on SQLite the keys have a file of their own",
    "bus/local/group.py _heartbeat rowcount": "`bus` imports nothing of ours; its SQLite counts an UPDATE",
    "bus/local/log.py trim rowcount": "`bus` imports nothing of ours; its SQLite counts a DELETE",
    "config/conditions.py contains_text case": "the helper",
    "config/database.py changed_rows rowcount": "the helper",
    "config/database.py has_row order": "whichever row it is, there is one",
    "desk/acts/unopposed_closing.py _due_cases nulls": _NO_NULLS,
    "desk/read_model/change_order.py _last_seqs_query dialect": "values as rows: unnest and json_each",
    "desk/read_model/queries.py _count order": "rows are counted up to the limit",
    "desk/read_model/search.py _text_has case": "the server's locale knows more capitals than SQLite",
    "desk/read_model/search.py _text_has dialect": "the server's locale knows more capitals than SQLite",
    "desk/read_model/search.py erase_removed_words dialect": _OTHER_INDEX,
    "desk/read_model/search.py find_words dialect": _OTHER_INDEX,
    "desk/read_model/search.py find_words order": "with more rows than the limit none of them is used",
    "desk/read_model/search.py index_cases dialect": _OTHER_INDEX,
    "desk/read_model/search.py remove_cases dialect": _OTHER_INDEX,
    "desk/webhooks/delivery_store.py _some_positions order": _ANY_ROWS,
    "ingest/grouped_writes.py __init__ dialect": "SQLite alone gains by one commit for several writers",
    "ingest/smpp/acknowledgements.py take_due nulls": _NO_NULLS,
    "ingest/smpp/part_store.py due_messages nulls": _NO_NULLS,
    "normalize/duplicates/store/link_counts.py _count order": "rows are counted up to the limit",
    "oversight/notices/consent_publisher.py _due_rows nulls": _NO_NULLS,
    "oversight/notices/publisher.py _clocks_to_tell nulls": _NO_NULLS,
    "privacy/key_store.py _insert dialect": "PostgreSQL prepares one statement for all rows",
    "router/store.py lock_complaints dialect": "SQLite has one writer, so it needs no lock",
    "sinks/public/word_search.py has_words dialect": _OTHER_INDEX,
}
# In a function of a module: a fault, and the rule that names it.
FAULTS = {
    "changed = connection.execute(statement).rowcount": "rowcount",
    "if connection.dialect.name == 'sqlite': pass": "dialect",
    "query = select(X.a).where(col(X.a).in_(values))": "in",
    "query = select(X.a).where(col(X.a).not_in(sorted(values)))": "in",
    "query = select(X.a).where(col(X.a).in_(bindparam('values', expanding=True)))": "expanding",
    "query = select(X.a).where(col(X.a).in_(VALUES))": "in",
    "query = select(X.a).where(col(X.a).like(words))": "like",
    "query = select(X.a).where(col(X.a).icontains(words, autoescape=True))": "like",
    "column = col(X.a); query = select(X.a).where(column.startswith(words))": "like",
    "query = select(X.a).where((col(X.a) + col(X.b)).contains(words))": "like",
    "query = text('SELECT a FROM x WHERE a LIKE :words')": "like",
    "query = select(X.a).order_by(func.lower(col(X.a)))": "case",
    "row = connection.execute(select(X.a)).first()": "order",
    "query = select(X.a); row = connection.execute(query).scalars().first()": "order",
    "query = select(X.a).where(col(X.b) == 1).limit(10)": "order",
    "query = select(X.a).order_by(None).limit(10)": "order",
    "query = select(X.a).order_by(col(X.empty).desc())": "nulls",
}
USUAL = (
    "query = select(X.a).where(col(X.a).in_(('a', 'b')))",
    "query = select(X.a).where(col(X.a).in_(STATES))",
    "query = select(X.a).where(col(X.a).in_(select(Y.a).where(col(Y.b) == 1)))",
    "ids = select(Y.a); query = select(X.a).where(col(X.a).in_(ids))",
    "query = select(X.a).where(col(X.a).in_(parameter))",
    "query = select(X.a).where(is_one_of(col(X.a), values))",
    "is_channel = name.startswith('raw-') and name.lower()",
    "query = select(X.a).order_by(col(X.a)).limit(10)",
    "query = select(X.a).order_by(col(X.a)); row = connection.execute(query.where(col(X.b) == 1)).first()",
    "query = ordered(); page = query.limit(10)",
    "query = select(X.a).order_by(col(X.empty).nulls_last())",
    "row = connection.execute(select(X.a).where(col(X.id) == 1)).one_or_none()",
    "statement = STATEMENTS[connection.dialect.name]",
)
_MODULE = """
VALUES = bindparam("values")
STATES = ("new", "done")

def ordered():
    return select(X.a).order_by(col(X.a))

class Reader:
    def read(self, connection, values, words, parameter: Select[Any]):
        {}
"""


def nullable_columns() -> frozenset[str]:
    """Return the columns that may be empty, by the class of their table and their name."""
    tables = {table for module in MODULES for table in vars(module).values() if hasattr(table, "__table__")}
    return frozenset(
        f"{table.__name__}.{column.name}" for table in tables for column in table.__table__.columns if column.nullable
    )


@cache
def uses_in_product() -> Sequence[tuple[str, str, str]]:
    """Return the place, with the rule, of each raw use in the product, its line, and what to write instead."""
    return tuple(_uses_in_product(nullable_columns()))


def _uses_in_product(nullable: frozenset[str]) -> Iterator[tuple[str, str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            # A migration that has been applied does not change. `config` has the helpers for each database.
            if name.startswith("app/migrations/versions/"):
                continue
            for use in raw_uses(path.read_text(), nullable):
                if not (package == "config" and use.rule == "dialect"):
                    yield f"{name} {use.function} {use.rule}", f"{name}:{use.line}", use.advice


@pytest.mark.slow
def test_each_known_difference_is_met_by_a_helper() -> None:
    """A raw use is named with its line and with what to write instead."""
    faults = [f"{line}: {advice}" for place, line, advice in uses_in_product() if place not in ALLOWED]
    assert not faults, "\n".join(faults)


@pytest.mark.slow
def test_what_is_allowed_is_there() -> None:
    """A reason goes with the use that it was for."""
    assert ALLOWED.keys() <= {place for place, _, _ in uses_in_product()}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(fault: str) -> None:
    """Each rule names its line and its function."""
    source = _MODULE.format(fault)
    line = source[: source.index(fault)].count("\n") + 1
    assert (line, "read", FAULTS[fault]) in {use[:3] for use in raw_uses(source, {"X.empty"})}


@pytest.mark.parametrize("use", USUAL)
def test_a_usual_statement_is_no_fault(use: str) -> None:
    """Values in the source, queries, texts of Python, and first rows with an order."""
    assert not raw_uses(_MODULE.format(use), {"X.empty"})

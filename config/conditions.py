"""Conditions of statements that mean the same on SQLite and PostgreSQL."""

import json
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from sqlalchemy import ARRAY, BindParameter, Boolean, ColumnElement, Dialect, String, Text, TypeDecorator, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType, inv
from sqlalchemy.types import TypeEngine

T = TypeVar("T")


def is_one_of(column: ColumnElement[Any] | Mapped[Any], values: Collection[Any] | BindParameter[Any]) -> "OneOf":
    """Return the condition that a column has one of the values; its negation is `~is_one_of(…)`.

    However many values there are, they are one parameter, and the text of the statement is the same. `None` among them
    matches nothing. For a statement that is built once, `values` is `bindparam(name)`.
    """
    type_ = ValueList(column.type)  # type: ignore[union-attr]  # a mapped column has one, too
    if isinstance(values, BindParameter):
        return OneOf(column, bindparam(values.key, type_=type_))
    return OneOf(column, bindparam(None, values, type_=type_))


class ValueList(TypeDecorator[Collection[Any]]):
    """Values of a column as one parameter: an array of PostgreSQL; on SQLite a list in JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any]) -> None:
        super().__init__()
        self.item_type = item_type

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type of the parameter."""
        if dialect.name != "postgresql":
            return Text()
        # A cast to the column's own length would cut a longer value off, and find what begins like it.
        is_text = self.item_type._type_affinity is String  # noqa: SLF001 - as SQLAlchemy casts a single value
        return dialect.type_descriptor(ARRAY(String() if is_text else self.item_type))

    def bind_processor(self, dialect: Dialect) -> Callable[[Collection[Any] | None], Any]:
        """Return the function that makes the parameter of the values."""
        if dialect.name == "postgresql":
            array_of = self.load_dialect_impl(dialect).bind_processor(dialect)
            return lambda values: _present(values) if array_of is None else array_of(_present(values))
        item_of = self.item_type.dialect_impl(dialect).bind_processor(dialect)
        return lambda values: _json_list(_present(values) if item_of is None else map(item_of, _present(values)))


class OneOf(FunctionElement[bool]):
    """Membership of a column's value in a list. It is a condition itself: no database compares it with true."""

    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> "OneOf":  # noqa: ARG002
        """Return itself: it is compiled with its own parentheses."""
        return self

    def _negate(self) -> UnaryExpression[bool]:
        return UnaryExpression(self, operator=inv, type_=Boolean())


@compiles(OneOf, "postgresql")
def _in_array(element: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} = ANY ({values}))"


@compiles(OneOf, "sqlite")
def _in_json(element: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - compiled clauses


def _present(values: Collection[T | None] | None) -> list[T]:
    return [value for value in values or () if value is not None]


def _json_list(values: Any) -> str:
    return json.dumps(list(values), ensure_ascii=False)

"""Conditions of statements that mean the same on SQLite and PostgreSQL."""

import json
import sys
from collections.abc import Callable, Collection
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    String,
    Text,
    TypeDecorator,
    and_,
    bindparam,
    func,
    literal,
)
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
    type_ = _list_of(column.type)  # type: ignore[union-attr]  # a mapped column has one, too
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


# One for each type of a column: to make it takes a third of the time that a condition takes.
_list_of = lru_cache(maxsize=1_000)(ValueList)


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
    # By the query in it, the plan does not depend on the number of values, and the server keeps it for a prepared
    # statement. For an array alone it would plan anew each time that there are few.
    return f"({column} = ANY (ARRAY(SELECT unnest({values}))))"


@compiles(OneOf, "sqlite")
def _in_json(element: OneOf, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({column} IN (SELECT value FROM json_each({values})))"  # noqa: S608 - compiled clauses


def _present(values: Collection[T | None] | None) -> list[T]:
    return [value for value in values or () if value is not None]


def _json_list(values: Any) -> str:
    return json.dumps(list(values), ensure_ascii=False)


def starts_with(column: ColumnElement[str] | Mapped[str], prefix: str) -> ColumnElement[bool]:
    """Return the condition that the text of a column begins with these characters. An index of the column serves it.

    LIKE does not mean the same: SQLite's takes `a` for `A`.
    """
    following = _following_text(prefix)
    return and_(column >= prefix, column < following) if following else column >= prefix


def ends_with(column: ColumnElement[str] | Mapped[str], suffix: str) -> ColumnElement[bool]:
    """Return the condition that the text of a column ends with these characters, capital letters as they are."""
    return func.substr(column, func.length(column) - len(suffix) + 1) == suffix


def contains_text(
    column: ColumnElement[str] | Mapped[str], words: str, *, ignores_case: bool = False
) -> ColumnElement[bool]:
    """Return the condition that these characters stand anywhere in the text of a column. No index serves it.

    With `ignores_case`, letters of ASCII are equal to their capitals, and no others: SQLite and the collation of bytes
    know no more.
    """
    if ignores_case:
        small_words = "".join(sign.lower() if sign.isascii() else sign for sign in words)
        return contains_text(func.lower(column), small_words)
    return TextPosition(column, literal(words, Text())) > 0


class TextPosition(FunctionElement[int]):
    """Position of the second text in the first one, from 1; 0 without it."""

    type = Integer()
    inherit_cache = True


@compiles(TextPosition, "postgresql")
def _strpos(element: TextPosition, compiler: SQLCompiler, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(TextPosition, "sqlite")
def _instr(element: TextPosition, compiler: SQLCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


def _following_text(prefix: str) -> str:
    """Return the least text after all those with this prefix; "" if there is none."""
    for end in range(len(prefix), 0, -1):
        code = ord(prefix[end - 1]) + 1
        if code <= sys.maxunicode:
            # No text has half a surrogate pair.
            return prefix[: end - 1] + chr(0xE000 if 0xD800 <= code <= 0xDFFF else code)  # noqa: PLR2004 - Unicode's
    return ""

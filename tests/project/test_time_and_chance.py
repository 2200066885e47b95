"""Time, ids, randomness and threads are arguments everywhere: the linter and this test see each other way to them."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.import_graph import PACKAGES
from tests.support.paths import ROOT

BANNED = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]["flake8-tidy-imports"][
    "banned-api"
]
# Other spellings of what the linter must find, besides the import of each banned name.
SPELLINGS = (
    "import time\ntime.time()",
    "import time as watch\nwatch.monotonic()",
    "from time import monotonic",
    "from time import sleep as pause",
    "import time\ndef late(clock=time.monotonic): ...",
    "from datetime import UTC, datetime\ndatetime.now(UTC)",
    "import datetime as dates\ndates.datetime.utcnow()",
    "from datetime import date\ndate.today()",
    "from datetime import datetime as Moment\nclock = Moment.now",
    "import random",
    "from random import SystemRandom",
    "from secrets import token_hex",
    "import os\nos.urandom(16)",
    "import uuid\nuuid.uuid4()",
    "import threading\nclass Mine(threading.Thread): ...",
    "from threading import Thread",
    "from concurrent import futures\nfutures.ThreadPoolExecutor()",
    "def begin():\n    from app.surroundings import system_surroundings",
    "import app.clock\napp.clock.utc_now()",
)
# What the linter cannot see, by the line that is planted.
UNSEEN = (
    "func.now()",
    "sqlalchemy.func.current_timestamp()",
    "func.random()",
    "text('SELECT CURRENT_TIMESTAMP')",
    "Field(sa_column_kwargs={'server_default': text('now()')})",
    "connection.exec_driver_sql(\"UPDATE a SET at = datetime('now')\")",
    "threading.Event().wait(0.1)",
    "Event().wait(timeout=5)",
    "getattr(time, 'monotonic')()",
    "importlib.import_module('secrets')",
    "__import__('random')",
)
_SQL_FUNCTIONS = {"now", "current_timestamp", "current_date", "current_time", "localtime", "clock_timestamp", "random"}
_SQL = re.compile(
    r"\b(current_(timestamp|date|time)|localtimestamp|now\(\)|clock_timestamp\(|gen_random_uuid\(|random\(\)"
    r"|(datetime|date|julianday|unixepoch)\('now')",
    re.IGNORECASE,
)
_MODULES = {"time", "datetime", "uuid", "secrets", "random", "os", "threading"}
_LOADERS = {"import_module", "__import__"}


def _faults(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that ask a database for time or chance, that sleep on an event of nobody, or hide a name."""
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(words)) if id(node) not in docstrings and _SQL.search(words):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Name("func") | ast.Attribute(attr="func"), attr=name)):
                if name in _SQL_FUNCTIONS:
                    yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Call(func=made), attr="wait")) if _last_name(made) == "Event":
                yield node.lineno
            case ast.Call(func=ast.Name("getattr"), args=[ast.Name(module), *_]) if module in _MODULES:
                yield node.lineno
            case ast.Call(func=loader, args=[ast.Constant(str(module)), *_]):
                if _last_name(loader) in _LOADERS and module in _MODULES:
                    yield node.lineno


def _last_name(node: ast.expr) -> str:
    """Return `b` of `a.b`, and of `b`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _reports(code: str, file: str = "router/planted.py") -> bool:
    """Return True if the linter finds a banned name in code of this file."""
    ruff = Path(sys.executable).parent / "ruff"
    arguments = ["check", "--select", "TID251", "--no-cache", "--output-format", "json", "--stdin-filename", file, "-"]
    run = subprocess.run([ruff, *arguments], input=code, cwd=ROOT, capture_output=True, text=True, check=False)
    return any(fault["code"] == "TID251" for fault in json.loads(run.stdout))


def test_the_linter_finds_each_banned_name() -> None:
    """Each name of the list is planted by its import, and in the spellings in which code uses it."""
    imports = [f"from {name.rpartition('.')[0]} import {name.rpartition('.')[2]}" for name in BANNED if "." in name]
    methods = {name for name in BANNED if name.startswith("datetime.")}
    planted = [
        line
        for name, line in zip([name for name in BANNED if "." in name], imports, strict=True)
        if name not in methods
    ]
    planted += [f"import datetime\n{name}()" for name in methods]
    assert [code for code in (*planted, *SPELLINGS) if not _reports(code)] == []


@pytest.mark.parametrize("file", ["app/clock.py", "tests/app/test_cli.py", "bench/desk.py"])
def test_the_named_modules_may_use_them(file: str) -> None:
    """The rule has exceptions by file; the same line elsewhere breaks it."""
    assert not _reports("import time\ntime.time()", file)
    assert _reports("import time\ntime.time()", "app/assembly/parts.py")


@pytest.mark.parametrize("line", UNSEEN)
def test_this_test_finds_what_the_linter_does_not(line: str) -> None:
    """Each line is planted alone."""
    assert list(_faults(ast.parse(line))) == [1]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_takes_time_or_chance_by_itself(package: str) -> None:
    """No SQL function, no hidden name, and no exception to the linter's rule inside a file."""
    for path in (ROOT / package).rglob("*.py"):
        code = path.read_text()
        assert list(_faults(ast.parse(code))) == [], path
        assert "TID251" not in code, path

"""Names of the commands: `--help` is quick because it imports none of them, and its texts are those of the commands."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from app.cli import COMMANDS, app
from app.commands.common import terminal
from app.version import version_text
from tests.support.databases import Databases

_HELP_AND_MODULES = """
import json, sys
from typer.testing import CliRunner
from app.cli import app
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, arguments)
print(json.dumps({"code": result.exit_code, "output": result.output, "modules": sorted(sys.modules)}))
"""


HEAVY_PACKAGES = {
    *("kafka", "sqlalchemy", "sqlmodel", "fastapi", "starlette", "pydantic", "requests", "structlog", "jinja2"),
    *("bus", "router", "normalize", "sinks", "ingest", "language", "monitor"),
}


def run_and_list_modules(*commands: list[str]) -> Any:
    """Return exit code and output of the last of these commands, and the modules that the process imported for all."""
    command = [sys.executable, "-c", _HELP_AND_MODULES, json.dumps(commands)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)


def test_a_command_imports_what_it_needs_when_it_runs() -> None:
    """The help of every command, and errors of usage, need no part of the service."""
    errors = (["status", "ABCD"], ["trace", "ABCD"], ["answer", "ABCD", "closed"])
    result = run_and_list_modules(*([name, "--help"] for name in COMMANDS), *errors)
    assert (result["code"], "--text" in result["output"]) == (terminal.EX_USAGE, True)
    assert not {module.partition(".")[0] for module in result["modules"]} & HEAVY_PACKAGES
    assert not [module for module in result["modules"] if module.startswith(("app.assembly", "app.operations"))]


@pytest.mark.only_on("sqlite", "without the driver of a server")
def test_a_command_that_reads_the_database_imports_no_door(
    tmp_path: Path, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands build the parts that they use: no door, no provider, no bus and no stage."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path))
    with database.lent(tmp_path):
        result = run_and_list_modules(["triage", "list"])
    assert result["code"] == 0
    unneeded = {"fastapi", "PIL", "jinja2", "kafka", "tweepy", "twilio", "requests", "google", "normalize.stage"}
    assert not set(result["modules"]) & unneeded


@pytest.mark.only_on("sqlite", "without the driver of a server")
def test_a_status_imports_only_what_reads_it(
    tmp_path: Path, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`status` needs no web framework, no driver of another database, and no tables of languages and numbers."""
    monkeypatch.setenv("SATUPINTU_HOME", str(tmp_path))
    with database.lent(tmp_path):
        result = run_and_list_modules(["status", "8M4R-SC62-63FZ"])
    assert "is not in the ledger" in result["output"]
    unneeded = {"fastapi", "starlette", "psycopg", "phonenumbers", "limits", "rapidfuzz", "jinja2", "kafka", "twilio"}
    assert not set(result["modules"]) & {*unneeded, "tweepy", "normalize.stage", "language.model"}


@pytest.mark.parametrize(("argument", "modules"), [("--help", []), ("--version", ["app.version"])])
def test_help_imports_no_command(argument: str, modules: list[str]) -> None:
    """`--help` and `--version` import neither a command nor the libraries of the stages."""
    result = run_and_list_modules([argument])
    assert result["code"] == 0
    assert not {module.partition(".")[0] for module in result["modules"]} & HEAVY_PACKAGES
    assert [name for name in result["modules"] if name.startswith("app.")] == [
        "app.cli",
        "app.garbage_collection",
        *modules,
    ]


def test_help_lists_every_command_in_order() -> None:
    """`--help` names every command with its text."""
    output = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    positions = [output.index(f"│ {name} ") for name in COMMANDS]
    assert positions == sorted(positions)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_text_of_the_list(name: str) -> None:
    """The text in the list is the first line of the command's own help, and the command can be run."""
    source = COMMANDS[name]
    target = getattr(import_module(f"app.commands.{source.module}"), source.attribute)
    if not isinstance(target, typer.Typer):
        assert target.__doc__.splitlines()[0] == source.help
    result = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "400"})
    assert result.exit_code == 0
    assert source.help in result.output


def test_the_version_is_printed() -> None:
    """`--version` prints the version of the package, and that a working tree has no commit."""
    assert CliRunner().invoke(app, ["--version"]).output == f"satupintu {version('satu-pintu')} (working tree)\n"


def test_a_release_prints_its_commit(tmp_path: Path) -> None:
    """`git archive` has written the commit into the file."""
    commit = "0123456789abcdef0123456789abcdef01234567"
    (tmp_path / "commit.txt").write_text(f"{commit}\n")
    assert version_text(tmp_path / "commit.txt") == f"{version('satu-pintu')} (commit {commit})"


def test_an_unknown_command_is_named() -> None:
    """A mistyped command is an error of usage, with a suggestion."""
    result = CliRunner().invoke(app, ["lettrs"])
    assert (result.exit_code, "dead-letters" in result.output) == (terminal.EX_USAGE, True)

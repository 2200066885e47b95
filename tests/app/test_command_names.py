"""Names of the commands: `--help` is quick because it imports none of them, and its texts are those of the commands."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version

import pytest
import typer
from typer.testing import CliRunner

from app.cli import COMMANDS, app
from app.commands.common import terminal

_HELP_AND_MODULES = """
import json, sys
from typer.testing import CliRunner
from app.cli import app
result = CliRunner().invoke(app, sys.argv[1:])
print(json.dumps({"code": result.exit_code, "output": result.output, "modules": sorted(sys.modules)}))
"""


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_imports_no_command(argument: str) -> None:
    """`--help` and `--version` import neither a command nor the libraries of the stages."""
    command = [sys.executable, "-c", _HELP_AND_MODULES, argument]
    result = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout)
    packages = {module.partition(".")[0] for module in result["modules"]}
    heavy_packages = {"kafka", "sqlalchemy", "sqlmodel", "fastapi", "pydantic", "requests", "bus", "router"}
    assert result["code"] == 0
    assert not packages & heavy_packages
    assert [module for module in result["modules"] if module.startswith("app.")] == ["app.cli"]


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
    """`--version` prints the version of the package."""
    assert CliRunner().invoke(app, ["--version"]).output == f"satupintu {version('satu-pintu')}\n"


def test_an_unknown_command_is_named() -> None:
    """A mistyped command is an error of usage, with a suggestion."""
    result = CliRunner().invoke(app, ["lettrs"])
    assert (result.exit_code, "letters" in result.output) == (terminal.EX_USAGE, True)

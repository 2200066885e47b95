"""The command `satupintu desk key`."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.common.terminal import EX_USAGE
from tests.support.log_capture import captured_log
from tests.support.paths import SMALL_TABLES

_AGENCY = "bumn-pln"
_BY = ("--actor", "Siti", "--why", "program baru")

Key = Callable[..., tuple[int, str, str]]


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Key:
    """Return a runner of the command; it returns exit code, standard output and standard error."""
    settings = {
        "SATUPINTU_HOME": str(tmp_path / "data"),
        "SATUPINTU_REFERENCE_FOLDER": str(SMALL_TABLES),
        "COLUMNS": "200",
    }
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)

    def run(agency: str, *arguments: str) -> tuple[int, str, str]:
        with captured_log():
            result = CliRunner().invoke(app, ["desk", "key", agency, *arguments])
        return result.exit_code, result.stdout, result.stderr

    return run


@pytest.mark.slow
def test_keys_by_command(key: Key) -> None:
    """A new key is all of standard output; a third is refused; a revoked one makes space."""
    code, first, _ = key(_AGENCY, *_BY)
    assert code == 0
    assert re.fullmatch(r"sp_[0-9a-f]{32}_[A-Za-z0-9_-]{43}\n", first)
    assert key(_AGENCY, "--scope", "read", "--days", "30", *_BY)[0] == 0
    code, output, error = key(_AGENCY, *_BY)
    assert (code, output) == (1, "")
    assert "bumn-pln has 2 valid keys. Revoke one first" in error

    listed = json.loads(key(_AGENCY, "--list", "--json")[1])
    assert [(item["state"], item["scopes"], item["created by"]) for item in listed] == [
        ("valid", "read", "Siti"),
        ("valid", "answer pictures read units", "Siti"),
    ]
    first_id = listed[1]["id"]
    assert first_id.replace("-", "") == first[3:35]
    code, table, _ = key(_AGENCY, "--list")
    assert (code, first_id in table, first[36:].strip() in table) == (0, True, False)

    assert key("kota-3374", "--revoke", first_id, *_BY)[0] == 1
    assert key(_AGENCY, "--revoke", first_id, *_BY)[1] == f"{first_id}: revoked\n"
    assert key(_AGENCY, "--revoke", first_id, *_BY)[0] == 1
    assert key(_AGENCY, *_BY)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("tidak-ada", *_BY), "There is no agency tidak-ada"),
        (("triage", *_BY), "There is no institution triage"),
        ((_AGENCY, "--scope", "write", *_BY), "There is no scope write"),
        ((_AGENCY,), "--actor and --why are missing"),
    ],
)
def test_a_wrong_command_prints_no_key(key: Key, arguments: tuple[str, ...], message: str) -> None:
    """It ends with the cause, and standard output is empty."""
    code, output, error = key(*arguments)
    assert (code, output) == (EX_USAGE, "")
    assert message in error

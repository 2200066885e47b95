"""Commands of units: what they print, what they record, and the errors that a person can fix."""

import json
import subprocess
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import pytest

from accounts.invitations import NewPerson
from accounts.permissions import Role
from app.assembly.desk.accounts import build_account_services
from app.assembly.parts import Parts
from app.commands.common.terminal import EX_USAGE
from app.commands.desk.units import fault_sentence as command_sentence
from desk.api.contribution_endpoints import check_contribution
from desk.api.problems import ApiError
from desk.api.unit_endpoints import unit_error
from desk.pages.unit_wording import CONTRIBUTION_FAULTS, PASSING_FAULTS, fault_sentence
from desk.units.contributions import ContributionFault
from desk.units.passing import PassingFault
from desk.units.tree import UnitFault, UnitFaultReason
from tests.support import program

Desk = Callable[..., subprocess.CompletedProcess[str]]
BY = ("--actor", "Budi", "--why", "SK 1/2026")
SARI = ("--role", "officer", "--agency", "kota-3374", "--email", "sari@semarang.example", "--name", "Sari Dewi")
FILE = "\ufeffcode;name;parent\r\nDINKES;Dinas Kesehatan;\r\nPKM-1;Puskesmas 1;DINKES\r\n"

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(parts: Parts, tmp_path: Path) -> Desk:
    """Return a runner of `satupintu desk` on the database of `parts`."""
    variables = {**program.environment_of(parts.settings), "COLUMNS": "200"}
    return lambda *arguments: program.run(("desk", *arguments), variables, tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file as a spreadsheet with Indonesian settings writes it."""
    path = tmp_path / "units.csv"
    path.write_bytes(FILE.encode())
    return path


def units_of(desk: Desk) -> list[str]:
    """Return the units of the accounts, by name of the person."""
    return [row["unit"] for row in json.loads(desk("accounts", "--json").stdout)]


def actions(parts: Parts) -> list[str]:
    """Return the actions of the audit log."""
    with parts.audit_log.rows() as rows:
        return [row.act.action for row in rows]


def test_from_a_file_to_an_officer_of_a_unit(desk: Desk, parts: Parts, file: Path) -> None:
    """Units are imported, an officer is invited to one and moved, and a key belongs to one."""
    imported = desk("units", "kota-3374", "--import", str(file), *BY)
    assert (imported.returncode, "2 units added, 0 changed" in imported.stderr) == (0, True)
    units = json.loads(desk("units", "kota-3374", "--json").stdout)
    assert [(unit["code"], unit["parent"]) for unit in units] == [("DINKES", ""), ("PKM-1", "DINKES")]
    assert "  Puskesmas 1" in desk("units", "kota-3374").stdout
    alone = desk("invite", *SARI, "--unit", "pkm-1", *BY)
    assert (alone.returncode, "Invite a coordinator first." in alone.stderr) == (EX_USAGE, True)
    services = build_account_services(parts, parts.audit_log.append)
    head = NewPerson("budi@semarang.example", "Budi", Role.COORDINATOR, "kota-3374")
    services.acceptance.accept(services.people.invite(head, "Budi", "SK 1/2026"), "kopi pagi di beranda")
    (link,) = desk("invite", *SARI, "--unit", "pkm-1", *BY).stdout.splitlines()
    services.acceptance.accept(link.rpartition("/")[2], "kopi pagi di beranda")
    assert units_of(desk) == ["", "PKM-1"]
    held = desk("units", "kota-3374", "--remove", "PKM-1", *BY)
    assert (held.returncode, "has officers" in held.stderr) == (EX_USAGE, True)
    assert desk("move", "sari@semarang.example", "--unit", "DINKES", *BY).returncode == 0
    assert units_of(desk) == ["", "DINKES"]
    last = desk("revoke", "budi@semarang.example", *BY)
    assert (last.returncode, "Nobody else sees the cases" in last.stderr) == (EX_USAGE, True)
    assert desk("units", "kota-3374", "--remove", "PKM-1", *BY).returncode == 0
    assert desk("key", "kota-3374", "--unit", "dinkes", *BY).stdout.startswith("sp_")
    (key,) = json.loads(desk("key", "kota-3374", "--list", "--json").stdout)
    assert key["unit"] == "DINKES"
    assert actions(parts) == [
        "desk.units_import",
        "account.invited",
        "account.created",
        "account.invited",
        "account.created",
        "account.unit_changed",
        "desk.unit_remove",
        "desk.issue_key",
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("units", "kota-3374", "--import", "FILE"), "--actor and --why are missing"),
        (("units", "triage"), "Triage has no units."),
        (("units", "kota-3374", "--remove", "HILANG", *BY), "There is no unit HILANG."),
        (("invite", *SARI, "--unit", "HILANG", *BY), "The institution has no unit with this code."),
        (("key", "kota-3374", "--unit", "HILANG", *BY), "kota-3374 has no unit HILANG."),
        (("move", "siapa@semarang.example", "--unit", "DINKES", *BY), "No account"),
    ],
)
def test_a_wrong_command_says_what_to_do(desk: Desk, file: Path, arguments: tuple[str, ...], message: str) -> None:
    """It changes nothing, and standard output is empty."""
    answer = desk(*(str(file) if argument == "FILE" else argument for argument in arguments))
    assert (answer.returncode, answer.stdout) == (EX_USAGE, "")
    assert message in answer.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"code,name,parent\nA,Dinas,\nA,Badan,\n", "Line 3: The code A stands twice."),
        (b"code,name,parent\nA,Dinas,B\nB,Badan,A\n", "would be below itself"),
        (b"code,name,parent\nA,Dinas,HILANG\n", "Line 2: There is no unit HILANG."),
        ("code,name,parent\nA,Dinas é,\n".encode("latin-1"), "The file is not UTF-8."),
        (b"kode,nama\nA,Dinas\n", "must have the columns code,name,parent"),
    ],
)
def test_a_wrong_file_says_what_to_do(desk: Desk, file: Path, content: bytes, message: str) -> None:
    """With the line, where there is one."""
    file.write_bytes(content)
    answer = desk("units", "kota-3374", "--import", str(file), *BY)
    assert (answer.returncode, message in answer.stderr) == (EX_USAGE, True), answer.stderr


def test_every_fault_has_its_sentence_everywhere() -> None:
    """On pages, in the command and by the interface, of units, steps and contributions. None may be an error."""
    for reason in get_args(UnitFaultReason):
        fault = UnitFault(reason, "DINKES", 3)
        assert str(fault_sentence(fault)).startswith("Baris 3: ")
        assert command_sentence(fault).startswith("Line 3: ")
        assert unit_error(fault).status in {HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert set(PASSING_FAULTS) == set(get_args(PassingFault))
    assert set(CONTRIBUTION_FAULTS) == set(get_args(ContributionFault))
    for contribution_fault in get_args(ContributionFault):
        with pytest.raises(ApiError):
            check_contribution(contribution_fault)

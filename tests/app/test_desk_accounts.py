"""Commands of accounts: what they print, what they record, and the errors that a person can fix."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from accounts.authentication.passwords import WeakPassword
from accounts.pages.invitation_pages import invitation_link
from accounts.services import AccountServices
from app.assembly.desk.accounts import build_account_services, first_administrator_link
from app.assembly.parts import Parts
from app.commands.service import ADMINISTRATOR_LINK_FILE, administrator_line
from desk.mail.outbox import MailOutbox
from tests.support import program

Desk = Callable[..., subprocess.CompletedProcess[str]]
BY = ("--actor", "Budi", "--why", "petugas baru")
SARI = ("--role", "officer", "--agency", "kota-3374", "--email", "sari@semarang.example", "--name", "Sari Dewi")
PASSWORD = "kopi pagi di beranda"


@pytest.fixture
def desk(parts: Parts, tmp_path: Path) -> Desk:
    """Return a runner of `satupintu desk` on the database of `parts`."""
    variables = {**program.environment_of(parts.settings), "COLUMNS": "200"}
    return lambda *arguments: program.run(("desk", *arguments), variables, tmp_path)


@pytest.fixture
def services(parts: Parts) -> AccountServices:
    """The accounts on the database of the commands."""
    return build_account_services(parts, parts.audit_log.append)


def actions(parts: Parts) -> list[tuple[str, str]]:
    """Return action and reason of each row of the audit log."""
    with parts.audit_log.rows() as rows:
        return [(row.act.action, row.act.why) for row in rows]


@pytest.mark.slow
def test_from_invitation_to_revocation(desk: Desk, parts: Parts, services: AccountServices) -> None:
    """The link stands alone on standard output. Each act is recorded with its actor and reason."""
    invited = desk("invite", *SARI, *BY)
    (link,) = invited.stdout.splitlines()
    prefix = invitation_link(parts.settings.desk_reached_at, "")
    assert link.startswith(prefix)
    account_id = services.acceptance.accept(link.removeprefix(prefix), PASSWORD)
    services.sessions.start(account_id, "Firefox, Linux")
    (account,) = json.loads(desk("accounts", "--json").stdout)
    assert (account["email"], account["role"], account["agency"]) == ("sari@semarang.example", "officer", "kota-3374")
    (session,) = json.loads(desk("sessions", "sari@semarang.example", "--json").stdout)
    assert session["device"] == "Firefox, Linux"
    desk("sessions", "sari@semarang.example", "--revoke", *BY)
    assert services.sessions.of_account(account_id) == []
    assert desk("link", "Sari@Semarang.example", *BY).stdout.startswith(prefix)
    unlocked = desk("unlock", "Sari@Semarang.example", *BY)
    assert (unlocked.returncode, unlocked.stdout) == (0, "")
    assert desk("revoke", "sari@semarang.example", *BY).returncode == 0
    assert json.loads(desk("accounts", "--json").stdout) == []
    assert actions(parts) == [
        ("account.invited", "petugas baru"),
        ("account.created", f"invitation {_first_subject(parts)}"),
        ("account.sessions_ended", "petugas baru"),
        ("account.password_link_made", "petugas baru"),
        ("account.unlocked", "petugas baru"),
        ("account.revoked", "petugas baru"),
    ]


@pytest.mark.slow
def test_decree_last_day_and_leave(desk: Desk, parts: Parts, services: AccountServices) -> None:
    """With the invitation and later; days are those of the institution. The list has them."""
    today = services.appointments.today("kota-3374")
    later, last_day = (today + timedelta(days=3)).isoformat(), (today + timedelta(days=30)).isoformat()
    appointed = ("--decree", "SK 340/2021", "--decree-date", "2021-06-01", "--until", last_day)
    prefix = invitation_link(parts.settings.desk_reached_at, "")
    for who in (SARI, (*SARI[:5], "andi@semarang.example", "--name", "Andi Wijaya")):
        link = desk("invite", *who, *appointed, *BY).stdout.strip()
        services.acceptance.accept(link.removeprefix(prefix), PASSWORD)
    leave = ("leave", "sari@semarang.example", "--stand-in", "andi@semarang.example")
    assert desk(*leave, "--from", today.isoformat(), "--until", later, *BY).returncode == 0
    rows = {row["email"]: row for row in json.loads(desk("accounts", "--json").stdout)}
    sari = rows["sari@semarang.example"]
    assert (sari["decree"], sari["until"], sari["stand_in"]) == ("SK 340/2021", last_day, "andi@semarang.example")
    for arguments, message in (
        ((*leave, "--from", later, "--until", today.isoformat()), "ends before it begins"),
        ((*leave, "--from", "besok", "--until", later), "--from is no date. Write it like 2026-12-31."),
        ((*leave[:3], "sari@semarang.example", "--from", later, "--until", later), "own stand-in"),
        ((*leave[:2], "--from", later, "--until", later), "needs --stand-in EMAIL"),
        (("appoint", "sari@semarang.example", "--until", "2020-01-01"), "The last day is over already"),
        (("leave", "andi@semarang.example", "--end"), "not on leave"),
    ):
        result = desk(*arguments, *BY)
        assert (result.returncode, message in result.stderr.replace("\n", " ")) == (2, True), arguments
    assert desk("leave", "sari@semarang.example", "--end", *BY).returncode == 0
    assert desk("appoint", "sari@semarang.example", *BY).returncode == 0
    rows = {row["email"]: row for row in json.loads(desk("accounts", "--json").stdout)}
    sari = rows["sari@semarang.example"]
    assert (sari["decree"], sari["until"], sari["stand_in"]) == ("", "", "")
    assert [action for action, _ in actions(parts)][-3:] == [
        "account.leave_set",
        "account.leave_ended",
        "account.appointed",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("with_mail", [True, False])
def test_an_invited_person_gets_the_link_by_email(parts: Parts, tmp_path: Path, *, with_mail: bool) -> None:
    """With a mail server the link is queued for its address; without one the command says who has to send it."""
    smtp = {"SATUPINTU_SMTP_HOST": "mail.example", "SATUPINTU_SMTP_FROM": "satu-pintu@lapor.example"}
    variables = {**program.environment_of(parts.settings), "COLUMNS": "200", **(smtp if with_mail else {})}
    result = program.run(("desk", "invite", *SARI, *BY), variables, tmp_path)
    note = "mails this link to" if with_mail else "has no mail server: send this link to"
    assert f"{note} sari@semarang.example" in result.stderr
    claimed = MailOutbox(parts.engine, parts.sealer, parts.now).claim("lease")
    assert (claimed is not None) == with_mail
    assert claimed is None or (claimed.mail.to, result.stdout.strip() in claimed.mail.body) == (SARI[5], True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("invite", *SARI, "--actor", " ", "--why", "w"), "--actor is missing"),
        (("invite", *SARI, "--actor", f"Budi [{uuid4()}]", "--why", "w"), "must not contain [ or ]"),
        (("invite", *SARI[:2], "--agency", "kota-9999", *SARI[4:], *BY), "There is no agency kota-9999"),
        (("invite", "--role", "auditor", *SARI[2:], *BY), "needs --agency CODE"),
        (("unlock", "siapa@semarang.example", *BY), "No account that is not revoked"),
        (("revoke", "siapa@semarang.example", *BY), "No account that is not revoked"),
        (("sessions", "siapa@semarang.example"), "No account that is not revoked"),
    ],
)
def test_errors_that_a_person_can_fix(desk: Desk, parts: Parts, arguments: tuple[str, ...], message: str) -> None:
    """Exit 2 with a sentence. Nothing is printed as a result or recorded."""
    result = desk(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert message in result.stderr.replace("\n", " ")
    assert actions(parts) == []


def test_the_first_link(parts: Parts, services: AccountServices) -> None:
    """Each start has a new link until somebody has used one; later starts have none."""
    former, link = first_administrator_link(parts), first_administrator_link(parts)
    assert former != link
    token = link.rpartition("/")[2]
    services.acceptance.accept(token, PASSWORD, "rina@lapor.example", "Rina Putri")
    assert first_administrator_link(parts) == ""


def test_the_first_link_is_not_in_the_log(parts: Parts, services: AccountServices) -> None:
    """The output of a service ends in a log. Without a terminal, the link is in a file that only its owner may read."""
    assert not sys.stderr.isatty()
    for _start in range(2):
        line = administrator_line(parts)
        path = parts.settings.home / ADMINISTRATOR_LINK_FILE
        link = path.read_text().strip()
        assert str(path) in line
        assert link.rpartition("/")[2] not in line
        assert path.stat().st_mode & 0o777 == 0o600
    services.acceptance.accept(link.rpartition("/")[2], PASSWORD, "rina@lapor.example", "Rina Putri")
    assert administrator_line(parts) == ""
    assert not path.exists()


@pytest.mark.parametrize("password", ["semarang2026", "Kemenkes-2026!"])
def test_names_of_the_tables_are_no_password(parts: Parts, services: AccountServices, password: str) -> None:
    """Places and institutions of the tables in force count."""
    link = first_administrator_link(parts)
    with pytest.raises(WeakPassword, match="common"):
        services.acceptance.accept(link.rpartition("/")[2], password, "rina@lapor.example", "Rina Putri")


def _first_subject(parts: Parts) -> str:
    with parts.audit_log.rows() as rows:
        return next(iter(rows)).act.subject

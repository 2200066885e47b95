"""Reveals: their list, and the weekly report with its events and its mail."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Engine

from app.assembly.oversight.reveal_report import reveal_report
from app.assembly.parts import Parts
from app.operations.audit.log import AuditLog
from app.operations.reveals.listing import Reveal, read_reveals
from app.operations.reveals.weekly_report import REPORT_ACTION, last_week
from bus.port import Bus
from config.settings import Settings
from messages import codec
from messages.reveals import COMMAND_ROLE, read_reveal_subject, reveal_end, reveal_subject
from messages.shapes import OversightEvent, iso
from messages.topics import OVERSIGHT
from tests.conftest import NOW
from tests.desk.mail.mail_server import HOST, MailServer, mail_server
from tests.ingest.door_client import FlakyProducer
from tests.support import program
from tests.support.dead_letters import BusWithProducer
from tests.support.log_capture import captured_log

_CASE = "3f2a1234-1234-5678-9abc-123456789012"
_SARI = "Sari Dewi [11111111-1111-1111-1111-111111111111]"


def revealed(audit_log: AuditLog, action: str, actor: str, role: str, at: datetime) -> None:
    """Record a reveal as the pages do."""
    subject = reveal_subject(_CASE, role, iso(reveal_end(role, at)))
    audit_log.append(action, subject, actor, "tiket 17", at)


def test_the_list_has_who_why_and_what_but_no_data(engine: Engine) -> None:
    """Each reveal has person, role, reason, kind of data, case and end; other acts are not listed."""
    audit_log = AuditLog(engine)
    revealed(audit_log, "desk.identity", _SARI, "officer", NOW)
    audit_log.append("dead_letters.drop", _CASE, _SARI, "uji", NOW)
    revealed(audit_log, "quarantine.reveal", "petugas-3", COMMAND_ROLE, NOW + timedelta(hours=1))
    audit_log.append("dead_letters.reveal", _CASE, "petugas-1", "lama", NOW + timedelta(hours=2))
    identity, message, older = read_reveals(audit_log, NOW)
    end = iso(NOW + timedelta(minutes=10))
    assert identity == Reveal(iso(NOW), _SARI, "officer", "identity", _CASE, end, "tiket 17")
    assert (message.data, message.role, message.until) == ("message", "command", message.at)
    assert (older.data, older.role, older.case, older.until) == ("record", "", _CASE, "")
    assert read_reveals(audit_log, NOW + timedelta(hours=3)) == []
    assert read_reveals(audit_log, NOW, NOW + timedelta(minutes=1)) == [identity]


def test_a_subject_is_read_as_it_was_written() -> None:
    """The parts of a subject come back; one of another form is the case alone."""
    assert read_reveal_subject(reveal_subject("id", "operator", "t")) == ("id", "operator", "t")
    assert read_reveal_subject("id") == ("id", "", "")


@pytest.mark.parametrize(
    ("at", "begin"),
    [
        ("2026-11-22T16:59:59+00:00", "2026-11-09"),
        ("2026-11-22T17:00:00+00:00", "2026-11-16"),
        ("2027-01-04T03:00:00+00:00", "2026-12-28"),
    ],
)
def test_a_week_ends_on_sunday_in_jakarta(at: str, begin: str) -> None:
    """The last whole week is that before the present one, in Jakarta's time."""
    first, end = last_week(datetime.fromisoformat(at))
    assert (first.date().isoformat(), end - first) == (begin, timedelta(days=7))


@pytest.fixture
def server() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def report(parts: Parts, server: MailServer) -> Callable[[datetime], None]:
    """Let the monitor of the service, which has the mail server, look at a time."""
    smtp = {"smtp_host": HOST, "smtp_port": server.port, "smtp_security": "none"}
    addresses = {"smtp_from": "satu-pintu@lapor.example", "operator_email": "pelindung@lapor.example"}
    parts.core.settings = parts.settings.model_copy(update=smtp | addresses)

    def step(at: datetime) -> None:
        parts.core.now = lambda: at
        reveal_report(parts, threading.Event()).step()

    return step


def counted(parts: Parts) -> list[tuple[str, str]]:
    """Return account and counts of each event on `oversight`."""
    with closing(parts.bus.reader()) as reader:
        events = [codec.decode(OversightEvent, record.value, record.headers) for record in reader.read([OVERSIGHT])]
    return [(event.actor, event.reason) for event in events if event.event == "reveals-counted"]


def test_a_week_is_reported_once(parts: Parts, report: Callable[[datetime], None], server: MailServer) -> None:
    """On `oversight` each account has its counts; the mail has them all; a second look reports nothing again.

    While the mail server does not take the mail the week is not done, and its events have the same ids again.
    """
    for data in ("desk.identity", "desk.identity", "dead_letters.reveal"):
        revealed(parts.audit_log, data, "Sari", "officer", NOW)
    later = NOW + timedelta(days=7)
    server.refusals = ["451 4.3.2 try again later"]
    with captured_log() as log:
        report(later)
        report(later + timedelta(hours=1))
        report(later + timedelta(hours=2))
    events = [(entry["event"], entry.get("cause")) for entry in log.lines if entry["event"].startswith("reveals")]
    assert events == [("reveals.report_postponed", "mail"), ("reveals.reported", None)]
    (message,) = server.messages
    headers = [str(message[name]) for name in ("From", "To", "Subject", "Auto-Submitted")]
    assert headers == [
        *("satu-pintu@lapor.example", "pelindung@lapor.example"),
        *("Pembukaan data pribadi, minggu 2026-W48", "auto-generated"),
    ]
    (line,) = (line for line in message.get_content().splitlines() if line.startswith("Sari"))
    assert line.endswith(": identity:2.record:1")
    assert _CASE not in message.as_string()
    assert [counts_ for _, counts_ in counted(parts)] == ["identity:2.record:1"] * 2
    with parts.audit_log.rows() as rows:
        assert [row.act.subject for row in rows if row.act.action == REPORT_ACTION] == ["2026-W48"]


def test_an_empty_week_is_reported_too(parts: Parts, report: Callable[[datetime], None], server: MailServer) -> None:
    """A week without a reveal has a mail and no event. Of a mail that is refused for good there is no second one."""
    report(NOW)
    (message,) = server.messages
    assert "Tidak ada." in message.get_content().splitlines()
    server.refusals = ["550 5.1.1 no such address"]
    report(NOW + timedelta(days=7))
    report(NOW + timedelta(days=7, hours=1))
    assert server.messages == [message]
    assert counted(parts) == []


def test_without_a_bus_the_week_waits(parts: Parts, report: Callable[[datetime], None], server: MailServer) -> None:
    """Nothing is mailed before the events are on the bus."""
    revealed(parts.audit_log, "desk.identity", "Sari", "officer", NOW)
    parts.core.bus = cast("Bus", BusWithProducer(parts.bus, FlakyProducer(parts.bus.producer(), {1})))
    later = NOW + timedelta(days=7)
    with captured_log() as log:
        report(later)
    assert [entry["event"] for entry in log.lines if entry["event"].startswith("reveals")] == [
        "reveals.report_postponed"
    ]
    assert server.messages == []


@pytest.mark.slow
def test_the_command_lists_reveals(parts: Parts, settings: Settings, tmp_path: Path) -> None:
    """As JSON each reveal is an object; a time that is none, and no time, are refused."""
    revealed(parts.audit_log, "desk.identity", _SARI, "officer", NOW)
    environment = program.environment_of(settings)
    listed = program.run(("reveals", "--since", "2026-11-01", "--json"), environment, tmp_path, check=True)
    (row,) = json.loads(listed.stdout)
    assert (row["role"], row["data"], row["case"], row["why"]) == ("officer", "identity", _CASE, "tiket 17")
    refused = program.run(("reveals", "--since", "kemarin"), environment, tmp_path)
    assert refused.returncode == 2
    assert "kemarin is not a time" in refused.stderr

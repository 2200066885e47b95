"""A canary through every channel of a real service: forgotten, its bytes are only where the written list says."""

import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from app.clock import utc_now
from app.operations.forgetting.forgetting import GRACE, Forgetting
from app.simulator.replay import Replay
from app.simulator.sender import SimulatedReport
from config.reference.retention import load_retention
from messages.sender_link import sender_token
from messages.shapes import RawMessage
from messages.topics import FORGOTTEN, raw_topic
from tests.app.forgetting.town import CANARY, NAME, WORDS, rows_with_canary
from tests.bus.test_worker import wait_for
from tests.ingest.door_client import DoorClient, raw_messages
from tests.ingest.web.forms import attached, photo, send_form
from tests.support import program
from tests.support.agency_answers import answer
from tests.support.service import RunningService

CHANNELS = ("web", "sms", "twitter", "mobile")
# Files that have words of a forgotten person, with the topics in the first one. The practice X is not ours: the posts
# on it are the senders' own.
LISTED_TOPICS = ("complaints", "agency-", "replies")
LISTED_FILES = {"bus.db", "practice-x.jsonl"}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[RunningService]:
    """Return a running service with all stages and the public view."""
    running = RunningService(tmp_path, public_view="true", operator_name="Dinas Contoh")
    running.start()
    yield running
    running.close()


@pytest.mark.slow
def test_a_canary_is_forgotten_everywhere(service: RunningService) -> None:
    """Reports by all channels, a picture with EXIF, an answer; then two requests, a rebuild and a replay."""
    _send_reports(service)
    assert service.audit().clean
    raws = {channel: raw_messages(service.parts, channel) for channel in CHANNELS}
    (sms,) = raws["sms"]
    answer(service.parts, sms.tracking, "responded", f"Kepada {NAME}: petugas datang besok.", None)
    assert service.audit().clean
    assert "ledger_complaint.text" in rows_with_canary(service.parts.engine)

    _ask_by_link(service, sms)
    # A report of the form without a proven number is a person of its own.
    for raw in (*raws["web"], *raws["twitter"], *raws["mobile"]):
        _run(service, "forget", raw.tracking, "--actor", "petugas-1", "--why", "permintaan tertulis")
    wait_for(lambda: not rows_with_canary(service.parts.engine))
    assert service.audit().clean
    page = requests.get(f"{_address(service)}/l/{_token(service, sms)}", timeout=30)
    assert "sudah kami hapus" in page.text
    _assert_only_listed(service)
    _assert_files_have_a_retention(service)

    service.stop()
    parts = service.parts
    later = Forgetting(
        parts.engine, parts.wrapper.sender_hash, parts.sealer, lambda: utc_now() + GRACE + timedelta(minutes=1)
    )
    assert later.finish(lambda _moment: "").keys >= len(CHANNELS)
    for command in (("desk", "rebuild"), ("public-rebuild",)):
        _run(service, *command, "--actor", "petugas-1", "--why", "uji")
    assert rows_with_canary(parts.engine) == {}
    _assert_only_listed(service)


def _send_reports(service: RunningService) -> None:
    """Send a report by each channel, and one with a picture by the form."""
    reports = [
        SimulatedReport(f"canary-{number}", f"{WORDS}. Laporan {number}", sender=number) for number in range(1, 5)
    ]
    answers = Replay(service.parts, CHANNELS, lambda: None).run(reports)
    assert [row.refusal for row in answers] == [""] * len(CHANNELS)
    door = DoorClient(_address(service), service.parts)
    page = send_form(door, [attached("foto.jpg", photo())], text=f"{WORDS}. Laporan 5", name=NAME, phone="", email="")
    assert page.status_code == requests.codes.see_other


def _ask_by_link(service: RunningService, raw: RawMessage) -> None:
    fields = {"token": _token(service, raw), "act": "asks-to-be-forgotten", "confirm": "ya", "text": f"Saya {NAME}"}
    assert requests.post(f"{_address(service)}/web/follow-ups", json=fields, timeout=30).status_code == 202


def _assert_only_listed(service: RunningService) -> None:
    """Search every file of the data folder, and every record of the bus by its topic."""
    # A process of its own: closing a file would release the locks that SQLite holds on it in this one.
    patterns = [argument for word in CANARY for argument in ("-e", word)]
    search = ["grep", "-rliaF", *patterns, str(service.settings.home)]
    names = subprocess.run(search, capture_output=True, text=True, check=False).stdout.splitlines()
    assert {"bus.db"} <= {Path(name).name.removesuffix("-wal") for name in names} <= LISTED_FILES
    with closing(sqlite3.connect(service.settings.home / "bus.db")) as bus:
        records = bus.execute("SELECT topic, value FROM records").fetchall()
    topics = {topic for topic, value in records if any(word.encode() in value.lower() for word in CANARY)}
    assert all(topic.startswith(LISTED_TOPICS) for topic in topics), topics
    assert {raw_topic("sms"), FORGOTTEN} <= {topic for topic, _ in records}


def _assert_files_have_a_retention(service: RunningService) -> None:
    """Each file that a running service has made is an item of the retention table."""
    home, table = service.settings.home, load_retention()
    names = {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}
    assert {"bus.db", "satupintu.db", "spool.db"} <= names
    assert sorted(name for name in names if table.row_of(f"file:{name}") is None) == []


def _run(service: RunningService, *arguments: str) -> None:
    result = program.run(arguments, service.environment, service.settings.home)
    assert result.returncode == 0, result.stderr


def _token(service: RunningService, raw: RawMessage) -> str:
    return sender_token(raw.id, service.parts.secrets.link_key)


def _address(service: RunningService) -> str:
    return f"http://127.0.0.1:{service.settings.port}"

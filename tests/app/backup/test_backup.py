"""A back-up under load is a state from which the service continues: nothing is lost, and the audit is clean."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert
from sqlmodel import col, select
from typer.testing import CliRunner

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.queues import membership
from app.assembly.safekeeping.restore import process_all
from app.cli import app
from app.operations.backup.backup import read_manifest, restore_backup, write_backup
from app.operations.backup.snapshot import copy_databases
from app.surroundings import system_surroundings
from bus.errors import Stop
from bus.port import Consumer
from bus.worker import Worker
from cases.facts.tables import ComplaintFact
from config.database import read_transaction, write_transaction
from config.settings import Settings
from messages import codec, topics
from messages.shapes import RawMessage
from sinks.archive.durable_files import DurableFiles
from sinks.replies.tables import OutboxRow
from tests.app.restore.life import LAMP, settings_of
from tests.conftest import NOW
from tests.end_to_end.dialogues.service import stages_of
from tests.support import records
from tests.support.databases import Databases
from tests.support.former_values import has_former_values, leave_former_values
from tests.support.log_capture import captured_log
from tests.support.prepared_parts import create_topics

_REPORTS = 30
_ACKNOWLEDGED_FIRST = 10


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Data folder of the running service."""
    return tmp_path / "home"


@pytest.fixture
def loaded(home: Path, sqlite_databases: Databases, templates: Path) -> Iterator[Parts]:
    """Parts on a migrated data folder with topics."""
    with sqlite_databases.lent(home):
        parts = Parts(settings_of(home), CHANNELS, system_surroundings())
        create_topics(parts, templates)
        yield parts
        parts.engine.dispose()


@contextmanager
def working_stages(parts: Parts) -> Iterator[None]:
    """Let every stage work in a thread of its own until the block ends."""
    stopping = threading.Event()
    workers = [
        Worker(
            group,
            partial(_join, parts, group),
            stage,
            topics.dead_letter_topic(parts.consumer_groups[group].dead_letters),
            stopping,
            time.monotonic,
        )
        for group, stage in stages_of(parts).items()
    ]
    threads = [threading.Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def _join(parts: Parts, group: str) -> Consumer:
    return parts.bus.consumer(membership(parts.bus, parts.consumer_groups[group], "load", parts.queues))


def send_reports(parts: Parts, acknowledged: list[str], first_sent: threading.Event) -> None:
    """Publish reports one by one, as a door does. A report is acknowledged when `publish` has returned."""
    with closing(parts.bus.producer()) as producer:
        for number in range(_REPORTS):
            text = LAMP.replace("RT 3", f"RT {number}").replace("Kenanga", f"Mawar {number % 7}")
            message = records.web(parts, text, NOW, f"report-{number}", phone=f"+62811{number:07}")
            producer.publish([message])
            acknowledged.append(codec.decode(RawMessage, message.value, message.headers).tracking)
            if number == _ACKNOWLEDGED_FIRST:
                first_sent.set()


def restored_numbers(backup: Path, home: Path) -> tuple[set[str], Parts]:
    """Restore a back-up, let its stages finish, and return the numbers in the ledger."""
    restore_backup(backup, home, DurableFiles())
    parts = Parts(settings_of(home), CHANNELS, system_surroundings())
    for group, stage in stages_of(parts).items():
        process_all(parts, group, stage)
    with read_transaction(parts.engine) as connection:
        return set(connection.execute(select(col(ComplaintFact.tracking))).scalars()), parts


@pytest.mark.slow
def test_a_backup_under_load_continues_elsewhere(loaded: Parts, home: Path, tmp_path: Path) -> None:
    """While doors write and all stages work, each back-up has everything that was acknowledged before it began. The
    back-up of the idle service has its audit.
    """
    acknowledged: list[str] = []
    first_sent = threading.Event()
    sender = threading.Thread(target=send_reports, args=(loaded, acknowledged, first_sent))
    known_before: list[set[str]] = []
    with captured_log(), working_stages(loaded):
        sender.start()
        first_sent.wait(60)
        while sender.is_alive() and len(known_before) < 2:
            known_before.append(set(acknowledged))
            write_backup(home, tmp_path / f"backup-{len(known_before)}", "1", NOW, DurableFiles())
        sender.join()
    assert known_before
    for group, stage in stages_of(loaded).items():
        process_all(loaded, group, stage)
    write_backup(home, tmp_path / "backup-idle", "1", NOW, DurableFiles())
    for number, before in enumerate(known_before, start=1):
        numbers, parts = restored_numbers(tmp_path / f"backup-{number}", tmp_path / f"home-{number}")
        assert before <= numbers
        audit = parts.audit()
        assert (audit.clean, audit.pending, audit.accepted) == (True, 0, len(numbers))
        parts.engine.dispose()
    numbers, parts = restored_numbers(tmp_path / "backup-idle", tmp_path / "home-idle")
    assert numbers == set(acknowledged)
    assert parts.audit().as_json() == loaded.audit().as_json()
    parts.engine.dispose()


def test_the_copies_are_of_one_moment(loaded: Parts, home: Path, tmp_path: Path) -> None:
    """What is written to the bus and the database after the copies have begun is in none of them."""
    with closing(loaded.bus.producer()) as producer:
        producer.publish([records.web(loaded, LAMP, NOW, "first")])

        def target_of(name: str) -> Path:
            """Write a record, its decision and a new spool before a copy is made."""
            producer.publish([records.web(loaded, LAMP, NOW, f"later {name}")])
            process_all(loaded, "normalize", loaded.normalizer.stage)
            (home / "spool.db").touch()
            return tmp_path / name

        assert copy_databases(home, target_of) == ["satupintu-keys.db", "satupintu.db", "bus.db"]
    with (
        closing(sqlite3.connect(tmp_path / "bus.db")) as bus,
        closing(sqlite3.connect(tmp_path / "satupintu.db")) as rows,
        closing(sqlite3.connect(tmp_path / "satupintu-keys.db")) as keys,
    ):
        assert keys.execute("SELECT count(*) FROM person_key").fetchone() == (1,)
        assert bus.execute("SELECT count(*) FROM records").fetchone() == (1,)
        assert bus.execute("SELECT count(*) FROM offsets").fetchone() == (0,)
        assert rows.execute("SELECT count(*) FROM normalize_decision").fetchone() == (0,)


def test_a_copy_has_no_former_values(loaded: Parts, home: Path, tmp_path: Path) -> None:
    """The words of a forgotten person are in no back-up that is written afterwards."""
    assert loaded.engine.dialect.name == "sqlite"
    leave_former_values(home / "satupintu.db")
    copy_databases(home, lambda name: tmp_path / name)
    assert not has_former_values(tmp_path / "satupintu.db")


def test_faults_are_named_and_replies_held(
    loaded: Parts, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commands: secrets and other files come along, a waiting reply is held, and each fault has a sentence."""
    (home / "secrets.json").write_text("{}")
    (home / "usulan").mkdir()
    (home / "usulan" / "topics.csv").write_text("a")
    (home / "x-reader.lock").write_text("")
    texts = ("tracking", "kind", "text", "address", "provider_id", "status", "error")
    row: dict[str, Any] = dict.fromkeys(texts, "")
    row |= {"id": uuid4(), "complaint_id": uuid4(), "channel": "sms", "made_at": NOW, "next_at": NOW}
    with write_transaction(loaded.engine) as connection:
        connection.execute(insert(OutboxRow).values(row | {"state": "waiting", "attempts": 0}))
    backup, new_home = tmp_path / "backup", tmp_path / "new"

    def run(*arguments: str, home_folder: Path = home, **values: str) -> tuple[int, str]:
        for name, value in {"home": str(home_folder), **values}.items():
            monkeypatch.setenv(f"SATUPINTU_{name.upper()}", value)
        with captured_log():
            result = CliRunner().invoke(app, ["backup", *arguments])
        return result.exit_code, " ".join(result.output.split())

    assert run(str(backup))[0] == 0
    assert {file.path for file in read_manifest(backup).files} == {
        *("bus.db", "satupintu.db", "secrets.json", "usulan/topics.csv")
    }
    assert "is not empty" in run(str(backup))[1]
    for path in filter(Path.is_file, backup.rglob("*")):
        assert path.stat().st_mode & 0o777 == 0o600
        # It came to this host by a program that gives everybody the right to read.
        path.chmod(0o644)
    assert run("restore", str(backup), home_folder=new_home)[0] == 0
    restored = Parts(Settings.model_validate({**settings_of(new_home).model_dump()}), CHANNELS, system_surroundings())
    with read_transaction(restored.engine) as connection:
        assert list(connection.execute(select(col(OutboxRow.state))).scalars()) == ["unknown"]
    restored.engine.dispose()
    assert (new_home / "secrets.json").read_text() == "{}"
    modes = {name: (new_home / name).stat().st_mode & 0o777 for name in ("secrets.json", "usulan/topics.csv")}
    assert modes == dict.fromkeys(modes, 0o600)
    assert "is not empty: bus.db" in run("restore", str(backup), home_folder=new_home)[1]
    (backup / "bus.db").write_bytes(b"")
    assert "checksum bus.db" in run("restore", str(backup), home_folder=tmp_path / "third")[1]
    (backup / "backup.json").unlink()
    with pytest.raises(Stop, match="no complete back-up"):
        read_manifest(backup)
    assert run(str(tmp_path / "other"), bus="kafka", kafka_bootstrap="localhost:9")[0] == 2

"""Of a forgotten person no word comes back from an archive, whichever archive it is; the cases and the audit do."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive, redraw
from app.assembly.safekeeping.forgetting import forget_stage, forgetting_requests
from app.assembly.safekeeping.restore import process_all, restore
from app.surroundings import system_surroundings
from bus.port import Record
from cases.facts.tables import ComplaintFact
from cases.words.conditions import is_of_complaint
from cases.words.tables import CaseWords
from config.database import read_transaction
from messages.topics import AUDIT_HEADS, FORGOTTEN
from sinks.archive.contents import ArchiveContents
from tests.app.forgetting.town import CANARY, NAME, WORDS, rows_with_canary
from tests.app.restore.life import LAMP, Life, service_in, settings_of
from tests.app.restore.test_restore import process_everything
from tests.support.case_stages import all_cases
from tests.support.databases import Databases

PHONE = "+6281234500099"


@pytest.fixture
def archives(tmp_path: Path, database: Databases, templates: Path) -> Iterator[tuple[Parts, Path, Path]]:
    """A service without process, an archive from before a request to be forgotten, and one that has caught up."""
    earlier, later = tmp_path / "earlier", tmp_path / "later"
    with (
        database.settings(tmp_path / "old") as values,
        service_in(tmp_path / "old", templates, **values) as service,
    ):
        life, parts = Life(service), service.parts
        parts.core.now = service.clock.now
        life.sms("first", WORDS, PHONE)
        life.web("by form", f"Jalan berlubang di Kota Semarang, saya {NAME}", PHONE)
        life.web("neighbour", LAMP, "+628000000001")
        life.answer("first", "refused", f"Bukan kami. Kepada {NAME}")
        life.answer("by form", "responded", f"Kepada {NAME}: petugas datang besok.")
        life.follow("objection", "by form", "objects", f"Belum beres. {NAME}")
        for group, stage in (("cases", all_cases(parts, silent=True)), ("forget", forget_stage(parts))):
            process_all(parts, group, stage)
        archive(parts, earlier)
        shutil.copytree(earlier, later)
        with closing(parts.bus.producer()) as producer:
            for label in ("first", "by form"):
                service.clock.wait(7)
                requests, now = forgetting_requests(parts), service.clock.now()
                requests.forget(life.messages[label], "petugas-1", "permintaan tertulis", now, producer.publish)
        process_all(parts, "forget", forget_stage(parts))
        archive(parts, later)
        yield parts, earlier, later


def places_with_canary(home: Path) -> set[str]:
    """Return the files of a data folder, and the topics of its bus, that have a word of the canary."""
    files = (path for path in home.rglob("*") if path.is_file())
    names = {path.name for path in files if any(word.encode() in path.read_bytes().lower() for word in CANARY)}
    with closing(sqlite3.connect(home / "bus.db")) as bus:
        records = bus.execute("SELECT topic, value FROM records").fetchall()
    return names | {topic for topic, value in records if any(word.encode() in value.lower() for word in CANARY)}


def records_of(parts: Parts) -> list[tuple[str, int, int, str]]:
    """Return topic, position and id of each record that is neither a tombstone nor a head of the audit log."""
    with closing(parts.bus.reader()) as reader:
        names = [spec.name for spec in reader.topics() if spec.name not in {AUDIT_HEADS, FORGOTTEN}]
        return sorted((r.topic, r.partition, r.offset, r.header("ce_id")) for r in reader.read(names))


def numbers_of(parts: Parts) -> list[tuple[str, str]]:
    """Return number and text of each complaint in the ledger."""
    with read_transaction(parts.engine) as connection:
        query = select(col(ComplaintFact.tracking), col(CaseWords.text)).join(CaseWords, is_of_complaint())
        query = query.order_by(col(ComplaintFact.tracking))
        return [(row[0], row[1]) for row in connection.execute(query)]


def archived_records(folder: Path) -> list[Record]:
    """Return every record of an archive."""
    contents = ArchiveContents(folder)
    topics = sorted({partition.topic for partition in contents.partitions()})
    return [record for topic in topics for record in contents.records(topic)]


@pytest.mark.slow
def test_no_word_of_a_forgotten_person_is_restored(
    archives: tuple[Parts, Path, Path], tmp_path: Path, database: Databases
) -> None:
    """From the archive that caught up, and from the earlier one with the tombstones of the newer one."""
    old, earlier, later = archives
    assert any(word.encode() in record.value.lower() for record in archived_records(earlier) for word in CANARY)
    assert not any(word.encode() in record.value.lower() for record in archived_records(later) for word in CANARY)
    assert list(ArchiveContents(later).faults()) == []
    old_audit = old.audit()
    assert old_audit.clean
    redrawn = tmp_path / "redrawn"
    shutil.copytree(earlier, redrawn)
    assert redraw(old, redrawn).records > 0
    for name, folder, forgotten in (("a", later, None), ("b", earlier, later), ("c", redrawn, later)):
        with database.settings(tmp_path / name) as values:
            new = Parts(settings_of(tmp_path / name, **values), CHANNELS, system_surroundings())
            restore(new, folder, lambda: None, forgotten)
            process_everything(new)
            assert rows_with_canary(new.engine) == {}, name
            assert numbers_of(new) == numbers_of(old), name
            assert records_of(new) == records_of(old), name
            assert new.audit().as_json() == old_audit.as_json(), name
            new.engine.dispose()
        assert places_with_canary(new.settings.home) == set(), name

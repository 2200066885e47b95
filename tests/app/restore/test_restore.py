"""A restored system is the archived one: ids, numbers, decisions, queues, audit, and what it decides next."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlmodel import col, select

from app.assembly.channels import CHANNELS
from app.assembly.parts import Parts
from app.assembly.safekeeping.archive import archive
from app.assembly.safekeeping.restore import process_all, restore
from app.surroundings import system_surroundings
from bus.errors import Stop
from bus.local.bus import LocalBus
from bus.port import Outgoing, Record
from config.database import read_transaction
from desk.webhooks.tables import DeliveryRow
from messages import codec
from messages.shapes import Dispatch, Reply
from messages.topics import (
    AGENCY_ANSWERS,
    ANSWER_OUTCOMES,
    AUDIT_HEADS,
    CORRECTION_OUTCOMES,
    REPLIES,
    agency_topic,
)
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.manifest import ArchiveFolder, DayManifest, file_path, partition_of
from sinks.archive.part_writer import file_digest
from sinks.replies.tables import OutboxRow
from tests.app.restore.life import LAMP, Life, live, live_on, plant_dead_letters, restored_rows, service_in, settings_of
from tests.conftest import NOW
from tests.end_to_end.dialogues.service import MovedClock, stages_of
from tests.support import records
from tests.support.case_stages import all_cases
from tests.support.databases import Databases
from tests.support.prepared_parts import create_topics


class Archived(NamedTuple):
    """A service that has lived until a time, and its archive. No process runs."""

    home: Path
    database_settings: Mapping[str, str]
    life: Life
    folder: Path
    until: datetime
    rows: Mapping[str, Sequence[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory, database: Databases, templates: Path) -> Iterator[Archived]:
    """One archived service for all tests."""
    home, folder = tmp_path_factory.mktemp("old"), tmp_path_factory.mktemp("archive")
    with database.settings(home) as values:
        with service_in(home, templates, **values) as service:
            life = Life(service)
            live(life)
            plant_dead_letters(service.parts)
            process_all(service.parts, "cases", all_cases(service.parts, silent=True))
            archive(service.parts, folder)
            archived = Archived(home, values, life, folder, service.clock.now(), restored_rows(service.parts))
        yield archived


@pytest.fixture
def empty(tmp_path: Path, database_settings: Mapping[str, str]) -> Iterator[Parts]:
    """An empty system with the same key. No process runs."""
    parts = Parts(settings_of(tmp_path, **database_settings), CHANNELS, system_surroundings())
    yield parts
    parts.engine.dispose()


def records_of(parts: Parts) -> list[Record]:
    """Return every record on the bus but the heads of the audit log."""
    with closing(parts.bus.reader()) as reader:
        names = [spec.name for spec in reader.topics() if spec.name != AUDIT_HEADS]
        return sorted(reader.read(names), key=lambda record: (record.topic, record.partition, record.offset))


def outcomes(parts: Parts) -> list[object]:
    """Return relation, agency, reasons and due time of each dispatch, and the replies, without ids of records."""
    messages: list[object] = []
    for record in records_of(parts):
        if record.topic.startswith(agency_topic("")) and record.topic != AGENCY_ANSWERS:
            messages.append(codec.decode(Dispatch, record.value, record.headers))
        elif record.topic == REPLIES:
            messages.append(codec.decode(Reply, record.value, record.headers))
    return messages


def process_everything(parts: Parts, groups: Sequence[str] | None = None) -> None:
    """Let the stages of these groups, or all, process what waits, the normalizer first."""
    for group, stage in {**stages_of(parts), "cases": all_cases(parts)}.items():
        if groups is None or group in groups:
            process_all(parts, group, stage)


def assert_equal_rows(new: Parts, old: Parts) -> None:
    """Compare every table that a restore fills."""
    assert_has_rows(new, restored_rows(old))


def assert_has_rows(parts: Parts, expected: Mapping[str, Sequence[tuple[Any, ...]]]) -> None:
    """Compare every table that a restore fills with these rows."""
    rows = restored_rows(parts)
    for name, expected_rows in expected.items():
        assert rows[name] == expected_rows, name


@contextmanager
def continued(home: Path, archived: Archived, database_settings: Mapping[str, str], templates: Path) -> Iterator[Life]:
    """Start the service in a folder again, at the time of the archive."""
    with service_in(home, templates, **database_settings) as service:
        service.clock.wait((archived.until - service.clock.now()).total_seconds() / 60)
        yield Life(service, archived.life.numbers, archived.life.messages)


def reply_states(parts: Parts) -> set[str]:
    """Return the states of all replies."""
    with read_transaction(parts.engine) as connection:
        return set(connection.execute(select(col(OutboxRow.state))).scalars())


@pytest.mark.slow
def test_a_restored_system_is_the_archived_one(
    archived: Archived, empty: Parts, database_settings: Mapping[str, str], templates: Path
) -> None:
    """Records, decisions and audit are equal; the stages publish nothing again, no reply is sent again, and both
    systems decide alike from then on.
    """
    acts: list[str] = []
    restore(empty, archived.folder, lambda: acts.append("recorded"))
    assert acts == ["recorded"]
    restored_records = records_of(empty)
    process_everything(empty)
    assert records_of(empty) == restored_records
    assert reply_states(empty) == {"unknown"}
    with continued(archived.home, archived, archived.database_settings, templates) as old:
        assert records_of(empty) == records_of(old.parts)
        assert_equal_rows(empty, old.parts)
        audit = empty.audit()
        assert audit.as_json() == old.parts.audit().as_json()
        assert audit.clean
        assert min(audit.complaints, audit.repeats, audit.joins, audit.not_complaints, audit.dead) > 0
        assert len(restored_rows(empty)["router_answer"]) == 6
        with continued(empty.settings.home, archived, database_settings, templates) as new:
            live_on(old)
            live_on(new)
            assert outcomes(empty) == outcomes(old.parts)
            assert_equal_rows(empty, old.parts)
            assert empty.audit().as_json() == old.parts.audit().as_json()


@pytest.mark.slow
def test_what_was_processed_is_known_without_the_offsets(archived: Archived, empty: Parts, tmp_path: Path) -> None:
    """The offsets of an archive may be older than its records. The outcomes show what was processed: nothing is
    published a second time, no agency is told of the past, and a case that an objection has opened stays open. The
    archive continues with the records of the restored system.
    """
    folder = tmp_path / "archive"
    shutil.copytree(archived.folder, folder)
    head = ArchiveFolder(folder).head()
    assert head
    older = head.model_copy(update={"committed": {"normalize": {}, "router": {}}})
    (folder / "archive.json").write_text(older.model_dump_json())
    restore(empty, folder, lambda: None)
    restored_records = records_of(empty)
    process_everything(empty)
    assert records_of(empty) == restored_records
    assert_has_rows(empty, archived.rows)
    with read_transaction(empty.engine) as connection:
        assert connection.execute(select(DeliveryRow)).first() is None
    with closing(empty.bus.producer()) as producer:
        producer.publish([Outgoing(AUDIT_HEADS, b"audit-log", b"first head after the restore")])
    assert archive(empty, folder).records == {AUDIT_HEADS: 1}
    assert list(ArchiveContents(folder).faults()) == []


@pytest.mark.slow
def test_an_archive_without_outcomes(archived: Archived, empty: Parts, tmp_path: Path) -> None:
    """The restored router tells the normalizer what it had made of each answer and correction."""
    folder = tmp_path / "archive"
    shutil.copytree(archived.folder, folder)
    remove_outcomes(folder)
    restore(empty, folder, lambda: None)
    restored_records = records_of(empty)
    assert not {ANSWER_OUTCOMES, CORRECTION_OUTCOMES} & {record.topic for record in restored_records}
    process_everything(empty)
    assert records_of(empty) == restored_records
    assert len(archived.rows["normalize_closed"]) > 1
    # Nobody else needs what is not in the archive: these stages judge such answers by their times.
    lacking = {"case_answer_outcome", "case_log"}
    expected = {name: rows for name, rows in archived.rows.items() if name not in lacking}
    assert_has_rows(empty, expected)


def remove_outcomes(folder: Path) -> None:
    """Take the outcomes of the router out of an archive."""
    archive_folder, files = ArchiveFolder(folder), DurableFiles()
    topics = {ANSWER_OUTCOMES, CORRECTION_OUTCOMES}
    for manifest in list(archive_folder.days()):
        kept = tuple(file for file in manifest.files if file.topic not in topics)
        removed = [file.path for file in manifest.files if file.topic in topics]
        archive_folder.write_day(
            files, DayManifest.of(manifest.day, manifest.schema_version, manifest.code_version, kept, manifest.gaps)
        )
        for path in removed:
            (folder / path).unlink()
    head = archive_folder.head()
    assert head
    ends = {name: end for name, end in head.ends.items() if partition_of(name).topic not in topics}
    (folder / "archive.json").write_text(head.model_copy(update={"ends": ends}).model_dump_json())


@pytest.mark.slow
@pytest.mark.parametrize("is_cut", [False, True])
def test_pending_records_are_processed_after_the_restore(
    empty: Parts, tmp_path: Path, other_settings: Mapping[str, str], templates: Path, *, is_cut: bool
) -> None:
    """A report that no stage, or only the normalizer, had processed is decided by the restored system as by the old.

    So is one that was processed after the end of an archive that leaves young records out.
    """
    folder, old = (
        tmp_path / "archive",
        Parts(settings_of(tmp_path / "other", **other_settings), CHANNELS, system_surroundings()),
    )
    clock = MovedClock()
    old.core.bus = LocalBus(old.settings.home / "bus.db", lambda: clock.now().timestamp())
    create_topics(old, templates)
    old.core.now = empty.core.now = lambda: NOW
    for label, phone, processed in (("done", 1, None), ("half", 1, ["normalize"]), ("waits", 2, [])):
        with closing(old.bus.producer()) as producer:
            producer.publish([records.web(old, LAMP, NOW, label, phone=f"+62800000000{phone}")])
        process_everything(old, processed)
    clock.wait(1)
    if is_cut:
        process_everything(old)
    archive(old, folder, clock.now() if is_cut else None)
    restore(empty, folder, lambda: None)
    for parts in (old, empty):
        process_everything(parts)
    assert outcomes(empty) == outcomes(old)
    audit = empty.audit()
    assert (audit.complaints, audit.repeats, audit.joins, audit.pending, audit.clean) == (1, 1, 1, 0, True)
    old.engine.dispose()


@pytest.mark.slow
def test_only_an_empty_system_with_the_same_key_is_filled(
    archived: Archived, empty: Parts, tmp_path: Path, database: Databases, templates: Path
) -> None:
    """A used system, another key and a damaged archive are refused with a sentence, and nothing is changed."""
    used = Parts(settings_of(archived.home, **archived.database_settings), CHANNELS, system_surroundings())
    with pytest.raises(Stop, match="needs an empty system: topic agency-"):
        restore(used, archived.folder, pytest.fail)
    with database.settings(tmp_path / "new") as values, service_in(tmp_path / "new", templates, **values) as running:
        running.parts.core.now = running.clock.now
        with pytest.raises(Stop, match="a process of the group normalize is running"):
            restore(running.parts, archived.folder, pytest.fail)
    with database.settings(tmp_path / "key") as values:
        settings = settings_of(tmp_path / "key", secret_key="another key, with which nothing opens", **values)
        with pytest.raises(Stop, match="SATUPINTU_SECRET_KEY or the root keys are not those"):
            restore(Parts(settings, CHANNELS, system_surroundings()), archived.folder, pytest.fail)
    damaged = tmp_path / "damaged"
    shutil.copytree(archived.folder, damaged)
    next(damaged.glob("complaints/*/*.parquet")).unlink()
    with pytest.raises(Stop, match="missing_file complaints/"):
        restore(empty, damaged, pytest.fail)
    assert records_of(empty) == []


def test_an_archive_makes_no_more_partitions_than_a_service_has(
    archived: Archived, empty: Parts, tmp_path: Path
) -> None:
    """Each topic is within its limit, and all together are more than a broker can be asked to make."""
    folder = tmp_path / "archive"
    shutil.copytree(archived.folder, folder)
    day = next(ArchiveFolder(folder).days())
    source = next(file for file in day.files if file.topic.startswith(agency_topic("")) and file.start == 0)
    table = pq.read_table(folder / source.path, partitioning=None)
    table = table.set_column(0, table.schema.field("partition"), pa.array([999] * source.records, pa.int32()))
    content = folder / "forged.parquet"
    pq.write_table(table, content)
    files = []
    for number in range(25):
        topic = f"agency-{number}"
        path = file_path(topic, day.day, 999, 0)
        (folder / path).parent.mkdir(parents=True)
        shutil.copyfile(content, folder / path)
        fields = {"topic": topic, "partition": 999, "path": path, "sha256": file_digest(content)}
        files.append(source.model_copy(update=fields))
    forged_day = DayManifest.of(day.day, day.schema_version, day.code_version, (*day.files, *files), day.gaps)
    (folder / "manifests" / f"{day.day}.json").write_text(forged_day.model_dump_json())
    with pytest.raises(Stop, match=r"needs 25,\d+ partitions"):
        restore(empty, folder, pytest.fail)

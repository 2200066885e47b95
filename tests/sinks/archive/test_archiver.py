"""The archive has every record once, whatever interrupts its runs."""

import os
import shutil
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bus.errors import Stop
from bus.local import log
from bus.local.reader import LocalReader
from bus.local.restorer import LocalRestorer
from bus.port import OffsetRange, Partition, Record
from messages.topics import AGENCY_ANSWERS, COMPLAINTS, CORRECTIONS, OVERSIGHT, agency_topic, raw_topic
from sinks.archive import part_writer
from sinks.archive.archiver import read_ranges
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.manifest import ArchiveFolder
from sinks.archive.person_keys_file import ArchivedKey
from tests.sinks.archive.archived_bus import TOPICS, ArchivedBus
from tests.support.written_bus import PLN, TRIAGE, answer, arrival, complaint, dispatch, not_a_complaint

# 23:30 of 31 March and 00:30 of 1 April in Jakarta.
MARCH = datetime(2026, 3, 31, 16, 30, tzinfo=UTC)
APRIL = MARCH + timedelta(hours=1)


@pytest.fixture
def bus(tmp_path: Path) -> ArchivedBus:
    """Two reports of March, one of which an agency answers in April, and a message that is no complaint."""
    bus = ArchivedBus(tmp_path)
    bus.publish(arrival(0), arrival(4), arrival(1), not_a_complaint(1), at=MARCH)
    bus.publish(complaint(0), complaint(4), dispatch(0, TRIAGE), dispatch(4, PLN), at=MARCH)
    bus.publish(answer(4, PLN), arrival(2), at=APRIL)
    return bus


def files_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every file, without that of the last run's time."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def archived_records(folder: Path) -> list[Record]:
    """Return every record of the archive, by topic, partition and offset."""
    contents = ArchiveContents(folder)
    topics = sorted({partition.topic for partition in contents.partitions()})
    return [record for topic in topics for record in contents.records(topic)]


def test_records_by_topic_and_day_in_jakarta(bus: ArchivedBus) -> None:
    """Every record is archived with key, headers, time and bytes, in the folder of its topic and of its day (WIB)."""
    report = bus.run()
    assert archived_records(bus.archive) == bus.records()
    counts = {name: count for name, count in report.records.items() if not name.startswith("raw-")}
    assert counts == {"agency-answers": 1, "agency-bumn-pln": 1, "agency-triage": 1, "complaints": 2, "oversight": 1}
    assert sum(report.records.values()) == len(bus.records())
    march, april = ArchiveFolder(bus.archive).days()
    assert (march.day, april.day) == (date(2026, 3, 31), date(2026, 4, 1))
    assert (march.records["complaints"], april.records["agency-answers"]) == (2, 1)
    assert {file.path.split("/")[1] for file in march.files} == {"date=2026-03-31"}
    assert list(ArchiveContents(bus.archive).faults()) == []


def test_flat_columns_have_no_person_and_no_words(bus: ArchivedBus) -> None:
    """The columns for queries have ids and codes; only key and value have what the topic has."""
    bus.run()
    (path,) = bus.archive.glob("agency-bumn-pln/date=2026-03-31/*.parquet")
    (row,) = pq.read_table(path, partitioning=None).to_pylist()
    shown = {name: value for name, value in row.items() if value is not None and name not in {"headers", "value"}}
    assert (shown["agency"], shown["hop"], shown["kind"], shown["relation"]) == (PLN, 0, "pengaduan", "new")
    assert (shown["own_case"], shown["anonim"], shown["shape"]) == (True, False, "id.lapor.dispatch.v1")
    assert not any("Lampu" in str(value) or "Penerangan" in str(value) for value in shown.values())
    assert pq.read_schema(path).metadata[b"satupintu.schema"] == b"1"


def test_a_second_run_adds_only_what_is_new(bus: ArchivedBus) -> None:
    """Files are never written again: a later run adds files, and without new records none."""
    bus.run(until=APRIL - timedelta(minutes=30))
    first_files = {path: content for path, content in files_of(bus.archive).items() if "date=" in path}
    assert sum(bus.run().records.values()) == 2
    bus.publish(arrival(8), at=APRIL)
    assert bus.run().files == 1
    assert bus.run().files == 0
    assert first_files.items() <= files_of(bus.archive).items()
    assert archived_records(bus.archive) == bus.records()
    assert list(ArchiveContents(bus.archive).faults()) == []


class Killed(BaseException):
    """End of the process. No code of the archive catches it."""


def kill_at(step: int, kill: Callable[[], object]) -> DurableFiles:
    """Return files that call `kill` before a step on the disk."""
    steps = iter(range(step))
    return DurableFiles(lambda: kill() if next(steps, None) is None else None, no_sync)


def no_sync(_descriptor: int) -> None:
    """Write nothing to the disk before it is time: no test cuts the power."""


def die() -> None:
    """Raise `Killed`."""
    raise Killed


def archive_and_die(folder: Path, step: int) -> None:
    """Archive the bus in a folder, and end this process before a step on the disk, without any clean-up."""
    try:
        ArchivedBus(folder, APRIL).run(kill_at(step, lambda: os._exit(9)))
    finally:
        os._exit(1)


def repeat_and_compare(bus: ArchivedBus, expected: dict[str, bytes], step: int) -> None:
    """Check what the kill left, archive again, compare with the files of a run without a kill, and delete them."""
    assert {path.stat().st_mode & 0o777 for path in bus.archive.rglob("*") if path.is_file()} <= {0o600}, step
    faults = {fault.name for fault in ArchiveContents(bus.archive).faults()}
    assert faults <= {"no_head", "leftover", "newer"}, step
    bus.run(DurableFiles(sync=no_sync))
    assert files_of(bus.archive) == expected, step
    shutil.rmtree(bus.archive)


@pytest.mark.slow
def test_a_run_that_is_killed_at_any_step_is_repeated(tmp_path: Path) -> None:
    """After an end before each step on the disk the next run leads to the same files, byte by byte."""
    bus, complete = ArchivedBus(tmp_path), tmp_path / "complete"
    steps: list[int] = []
    bus.publish(dispatch(0, TRIAGE), at=MARCH)
    bus.publish(dispatch(1, TRIAGE), at=APRIL)
    bus.run(DurableFiles(lambda: steps.append(1), no_sync), folder=complete)
    expected = files_of(complete)
    assert len(steps) == 24
    for step in range(len(steps)):
        with pytest.raises(Killed):
            bus.run(kill_at(step, die))
        repeat_and_compare(bus, expected, step)
    process_id = os.fork()
    if not process_id:
        archive_and_die(tmp_path, 6)
    assert os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]) == 9
    repeat_and_compare(bus, expected, 6)


def test_gaps_by_retention_are_named(bus: ArchivedBus) -> None:
    """Records that the bus deleted before a run are a gap with its offsets, and no hole."""
    bus.run()
    bus.publish(dispatch(8, PLN), at=APRIL)
    bus.publish(dispatch(12, PLN), at=APRIL + timedelta(days=1))
    bus.expire("agency-bumn-pln", before=APRIL + timedelta(hours=1))
    (gap,) = bus.run().gaps
    assert (gap.topic, gap.partition, gap.start, gap.end, gap.cause) == ("agency-bumn-pln", 0, 1, 2, "retention")
    assert list(ArchiveContents(bus.archive).faults()) == []
    assert list(ArchiveContents(bus.archive).gaps()) == [gap]
    assert bus.run().gaps == []


def test_row_groups_limit_the_memory(bus: ArchivedBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most a row group is in memory."""
    monkeypatch.setattr(part_writer, "ROW_GROUP_RECORDS", 2)
    bus.publish(*(dispatch(number, PLN) for number in range(20, 25)), at=APRIL)
    bus.run()
    (path,) = bus.archive.glob("agency-bumn-pln/date=2026-04-01/*.parquet")
    groups = pq.ParquetFile(path).metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [2, 2, 1]


def test_a_folder_has_one_archive_of_one_system(tmp_path: Path, bus: ArchivedBus) -> None:
    """The archive of another system, and a folder that a second process uses, are refused with a sentence."""
    bus.run()
    (tmp_path / "b").mkdir()
    another_bus = ArchivedBus(tmp_path / "b")
    another_bus.publish(complaint(0), complaint(4), at=APRIL)
    with pytest.raises(Stop, match="another system"):
        another_bus.run(folder=bus.archive)

    def archive_meanwhile() -> None:
        with pytest.raises(Stop, match="Another process"):
            bus.run()

    once: list[Callable[[], None]] = [archive_meanwhile]
    bus.publish(complaint(8), at=APRIL)
    bus.run(DurableFiles(lambda: once.pop()() if once else None))
    assert list(ArchiveContents(bus.archive).faults()) == []


class AskedReader(LocalReader):
    """A reader that notes for which topics it was asked, in the order of the questions."""

    questions: list[list[str]]

    def offset_ranges(self, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
        """Note the topics."""
        names = list(topics)
        self.questions.append(names)
        return super().offset_ranges(names)


def test_offsets_of_a_cut_run_promise_no_outcome(bus: ArchivedBus) -> None:
    """What a stage has processed may have outcomes behind `until`: the offsets are those of the run before."""
    restorer = LocalRestorer(bus.path)
    restorer.commit("router", {Partition(AGENCY_ANSWERS, 0): 1})
    committed = {f"{AGENCY_ANSWERS}/0": 1}
    bus.run(until=APRIL - timedelta(minutes=30))
    head = ArchiveFolder(bus.archive).head()
    assert head is not None
    assert head.committed == {}
    bus.run()
    restorer.commit("router", {Partition(AGENCY_ANSWERS, 0): 2})
    restorer.close()
    bus.run(until=APRIL)
    head = ArchiveFolder(bus.archive).head()
    assert head is not None
    assert head.committed["router"] == committed


def test_ends_of_outcomes_are_read_first(bus: ArchivedBus) -> None:
    """The end of a queue is known before that of answers is asked for: an archived transfer has its answer."""
    reader = AskedReader(log.connect(bus.path), threading.Condition(), lambda: 0.0)
    reader.questions = []
    names = [topic.name for topic in TOPICS]
    ranges = read_ranges(reader, names)
    reader.close()
    assert {partition.topic for partition in ranges} == set(names)
    assert sorted(chain.from_iterable(reader.questions)) == sorted(names)
    order = {name: number for number, question in enumerate(reader.questions) for name in question}
    path = [OVERSIGHT, agency_topic(PLN), COMPLAINTS, raw_topic("sms")]
    assert [order[name] for name in path] == sorted({order[name] for name in path})
    assert order[agency_topic(PLN)] < order[CORRECTIONS]
    assert order[agency_topic(PLN)] < order[AGENCY_ANSWERS]


def test_a_destroyed_key_is_destroyed_in_the_archive(bus: ArchivedBus) -> None:
    """Each run replaces the copy of the persons' keys; the bytes of the earlier copy are deleted."""
    bus.keys = [ArchivedKey("p1", "sender-1", "wrapped-1", "root", MARCH, None)]
    bus.run()
    assert list(ArchiveContents(bus.archive).person_keys()) == bus.keys
    bus.keys = [ArchivedKey("p1", "sender-1", "", "", MARCH, APRIL)]
    bus.run()
    assert list(ArchiveContents(bus.archive).person_keys()) == bus.keys
    assert not any(b"wrapped-1" in content for content in files_of(bus.archive).values())
    assert list(ArchiveContents(bus.archive).faults()) == []

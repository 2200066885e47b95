"""Archives the topics: each run adds the records that the archive does not have yet.

A run may be killed at any moment. Files that no manifest lists are deleted by the next run, which then writes them
again. `archive.json` is written last: a restore reads no record behind its offsets.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain, groupby
from pathlib import Path
from typing import Literal, NamedTuple

from bus.errors import Stop
from bus.port import OffsetRange, Partition, Reader, Record
from messages.answer_check import AnswerCheck
from messages.topics import AGENCY_ANSWERS, Topic
from sinks.archive.columns import SCHEMA_VERSION, shape_finder
from sinks.archive.durable_files import DurableFiles
from sinks.archive.folder_lock import locked
from sinks.archive.manifest import (
    ArchivedFile,
    ArchiveFolder,
    ArchiveHead,
    DayManifest,
    Gap,
    partition_name,
    partition_of,
)
from sinks.archive.parquet import load_pyarrow
from sinks.archive.part_writer import PartWriter, day_of
from sinks.archive.person_keys_file import ArchivedKey, key_paths, write_keys
from sinks.archive.redrawer import Redrawer, RedrawReport
from sinks.archive.tombstones import catch_up

_QUEUE_PREFIX = "agency-"
_MS_PER_SECOND = 1_000
# Each partition is read before the partitions of the topics that lead to it: what led to an archived record is
# archived too. `read_ranges` depends on this order. Answers have the prefix of the queues, and come after them.
# An outcome shows that the router had processed a record: what else that led to is archived then.
_OUTCOMES_FIRST = (
    *("dead-", "answer-outcomes", "correction-outcomes", "oversight", "replies", _QUEUE_PREFIX, "corrections"),
    *("complaints", "raw-", "quarantine"),
)


class System(NamedTuple):
    """The archived system: its bus, and the version of this program."""

    bus: Literal["local", "kafka"]
    code_version: str


@dataclass(slots=True)
class ArchiveReport:
    """Result of a run: number of new records by topic, number of new files, new gaps, and what was redrawn."""

    records: dict[str, int] = field(default_factory=dict)
    files: int = 0
    gaps: list[Gap] = field(default_factory=list)
    redrawn: RedrawReport = field(default_factory=RedrawReport)


class _Run(NamedTuple):
    """Time of a run, the time (milliseconds since 1970 UTC) from which records are left out, and its report."""

    now: datetime
    until_ms: int | None
    report: ArchiveReport


class _Archived(NamedTuple):
    """Last file of each partition, the offset up to which it is archived, and the paths of all files."""

    last_files: dict[Partition, ArchivedFile]
    ends: dict[Partition, int]
    listed_paths: set[str]


class Archiver:
    """Archives one bus into one folder. `groups` are the topics of each consumer group.

    Queues of former agencies, which `topics` lacks, are archived as well. `read_keys` returns the persons' keys.
    Records of forgotten persons are redrawn; `answer_check` authenticates the answers among them.
    """

    def __init__(
        self,
        reader: Reader,
        topics: Iterable[Topic],
        groups: Mapping[str, Sequence[str]],
        folder: Path,
        system: System,
        files: DurableFiles,
        read_keys: Callable[[], Iterable[ArchivedKey]],
        answer_check: AnswerCheck,
    ) -> None:
        topics = list(topics)
        self._reader = reader
        self._topics = [topic.name for topic in topics]
        self._compacted_topics = {topic.name for topic in topics if topic.compacted}
        self._shape_of = shape_finder(topics)
        self._groups = groups
        self._folder = ArchiveFolder(folder)
        self._system = system
        self._files = files
        self._read_keys = read_keys
        self._answer_check = answer_check
        # Manifests that this run has written: those of many years are not in memory at once.
        self._written_days: dict[date, DayManifest] = {}

    def run(self, now: datetime, until: datetime | None = None) -> ArchiveReport:
        """Archive the records that the bus took before `until`, or all.

        With `until` the committed offsets of the run before stay: a record may have outcomes that are left out.
        Raises the reader's errors, and `Stop` if pyarrow is missing, the folder cannot be written, another run uses it,
        or it is the archive of another system.
        """
        load_pyarrow()
        with locked(self._folder.path):
            return self._run(now, until)

    def _run(self, now: datetime, until: datetime | None) -> ArchiveReport:
        head = self._folder.head()
        if head and head.bus != self._system.bus:
            raise Stop(f"{self._folder.path} is the archive of a {head.bus} bus. Use another folder.")
        self._written_days = {}
        last_files, ends, listed_paths = self._archived(head)
        self._folder.delete_leftovers(self._files, listed_paths)
        committed = self._committed_by_name() if until is None else head.committed if head else {}
        ranges = read_ranges(self._reader, [*self._topics, *self._former_queues()])
        self._check_ends(ends, ranges)
        self._check_system(last_files, ranges)
        run = _Run(now, int(until.timestamp() * _MS_PER_SECOND) if until else None, ArchiveReport())
        for partition, span in sorted(ranges.items()):
            if end := self._archive_partition(partition, ends.get(partition, 0), span, run):
                ends[partition] = end
        redrawer = Redrawer(self._folder, self._files, self._shape_of)
        run.report.redrawn, applied = catch_up(redrawer, self._reader, self._answer_check, head, now)
        new_head = ArchiveHead(
            at=now,
            schema_version=SCHEMA_VERSION,
            code_version=self._system.code_version,
            bus=self._system.bus,
            ends=_by_name(ends),
            committed=committed,
            # A key is stored before anything that it seals is published: the archived records need no later key.
            keys=write_keys(self._folder.path, self._files, self._read_keys()),
            redrawn=applied,
        )
        self._folder.write_head(self._files, new_head)
        for path in key_paths(self._folder.path):
            if path != new_head.keys.path:
                self._files.delete(self._folder.path_of(path))
        return run.report

    def _committed_by_name(self) -> dict[str, dict[str, int]]:
        """Return the next offset of each group, by group and `topic/number`."""
        return {group: _by_name(self._reader.committed(group, names)) for group, names in self._groups.items()}

    def _archived(self, head: ArchiveHead | None) -> _Archived:
        last_files: dict[Partition, ArchivedFile] = {}
        listed_paths: set[str] = set()
        ends = {partition_of(name): end for name, end in head.ends.items()} if head else {}
        for manifest in self._folder.days():
            for file in manifest.files:
                listed_paths.add(file.path)
                partition = Partition(file.topic, file.partition)
                if partition not in last_files or file.end > last_files[partition].end:
                    last_files[partition] = file
                ends[partition] = max(file.end, ends.get(partition, 0))
            for gap in manifest.gaps:
                partition = Partition(gap.topic, gap.partition)
                ends[partition] = max(gap.end, ends.get(partition, 0))
        return _Archived(last_files, ends, listed_paths)

    def _former_queues(self) -> Sequence[str]:
        names = (spec.name for spec in self._reader.topics())
        return [name for name in names if name.startswith(_QUEUE_PREFIX) and name not in self._topics]

    def _check_ends(self, ends: Mapping[Partition, int], ranges: Mapping[Partition, OffsetRange]) -> None:
        """Raise `Stop` if the bus has not yet come to the end of the archive: its next records would be left out."""
        for partition, span in ranges.items():
            if span.end < ends.get(partition, 0):
                raise Stop(
                    f"{self._folder.path} is the archive of another system: it has {partition_name(partition)} up to "
                    f"offset {ends[partition]}, and the bus only up to {span.end}. Use another folder."
                )

    def _check_system(
        self, last_files: Mapping[Partition, ArchivedFile], ranges: Mapping[Partition, OffsetRange]
    ) -> None:
        """Raise `Stop` if the last archived record of a partition is not the one that the bus has at this offset.

        A compacted topic may have lost that record to a later one with its key.
        """
        offsets = {
            partition: file.last_offset
            for partition, file in last_files.items()
            if partition.topic not in self._compacted_topics
            and ((span := ranges.get(partition)) is None or span.start <= file.last_offset)
        }
        records = self._reader.first_records(offsets)
        for partition, offset in offsets.items():
            record, file = records.get(partition), last_files[partition]
            if record is None or (record.offset, record.timestamp) != (offset, file.last_timestamp):
                raise Stop(
                    f"{self._folder.path} is the archive of another system: {partition_name(partition)} has another "
                    f"record at offset {offset}. Use another folder."
                )

    def _archive_partition(self, partition: Partition, start: int, span: OffsetRange, run: "_Run") -> int:
        """Archive one partition from `start` on. Return the offset up to which it is archived then."""
        position = max(start, span.start)
        gap = Gap(topic=partition.topic, partition=partition.number, start=start, end=position)
        has_gap = start < position
        records = self._read(partition, position, span.end, run.until_ms)
        for day, records_of_day in groupby(records, key=lambda record: day_of(record.timestamp)):
            if has_gap:
                self._add_gap(gap, day, run.report)
                has_gap = False
            position = self._archive_day(day, records_of_day, position, run.report)
        if has_gap:
            self._add_gap(gap, day_of(int(run.now.timestamp() * _MS_PER_SECOND)), run.report)
        return position

    def _archive_day(self, day: date, records: Iterator[Record], start: int, report: ArchiveReport) -> int:
        """Write a file with records of one partition and day. Return the offset behind the last one."""
        first = next(records)
        writer = PartWriter(self._folder, self._files, first, start, self._shape_of(first.topic))
        for record in chain((first,), records):
            writer.add(record)
        file = writer.close()
        manifest = self._manifest_of(day)
        self._write_day(day, (*manifest.files, file), manifest.gaps)
        report.records[file.topic] = report.records.get(file.topic, 0) + file.records
        report.files += 1
        return file.end

    def _read(self, partition: Partition, start: int, end: int, until_ms: int | None) -> Iterator[Record]:
        """Yield the records of one partition from `start` to before `end`, and to the first that is too young."""
        if start >= end:
            return
        spans = self._reader.offset_ranges([partition.topic])
        start_offsets = {**{each: span.end for each, span in spans.items()}, partition: start}
        for record in self._reader.read([partition.topic], start_offsets=start_offsets):
            if record.partition != partition.number:
                continue
            if record.offset >= end or (until_ms is not None and record.timestamp >= until_ms):
                return
            yield record

    def _add_gap(self, gap: Gap, day: date, report: ArchiveReport) -> None:
        manifest = self._manifest_of(day)
        self._write_day(day, manifest.files, (*manifest.gaps, gap))
        report.gaps.append(gap)

    def _manifest_of(self, day: date) -> DayManifest:
        stored = self._written_days.get(day) or self._folder.day(day)
        return stored or DayManifest.of(day, SCHEMA_VERSION, self._system.code_version, (), ())

    def _write_day(self, day: date, files: tuple[ArchivedFile, ...], gaps: tuple[Gap, ...]) -> None:
        manifest = DayManifest.of(day, SCHEMA_VERSION, self._system.code_version, files, gaps)
        self._folder.write_day(self._files, manifest)
        self._written_days[day] = manifest


def read_ranges(reader: Reader, topics: Iterable[str]) -> Mapping[Partition, OffsetRange]:
    """Return the offsets of all partitions. What led to a record before its end is before its own end as well."""
    remaining = list(topics)
    ranges: dict[Partition, OffsetRange] = {}
    for prefix in _OUTCOMES_FIRST:
        outcomes = [name for name in remaining if name.startswith(prefix) and name != AGENCY_ANSWERS]
        ranges.update(reader.offset_ranges(outcomes))
        remaining = [name for name in remaining if name not in outcomes]
    return {**ranges, **reader.offset_ranges(remaining)}


def _by_name(offsets: Mapping[Partition, int]) -> dict[str, int]:
    return {partition_name(partition): offset for partition, offset in sorted(offsets.items())}

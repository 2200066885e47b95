"""Applies the tombstones of forgotten persons to an archive: in each run, and to the archive in any folder."""

from collections.abc import Collection, Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from bus.errors import Stop
from bus.port import Partition, Reader, Record
from messages.answer_check import AnswerCheck
from messages.forgotten import Forgotten
from messages.topics import FORGOTTEN, Topic
from sinks.archive.columns import RECORD_COLUMNS, record_of, shape_finder
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.folder_lock import locked
from sinks.archive.forgotten_records import ForgottenPersons, ForgottenRecords, decode_tombstones
from sinks.archive.manifest import ArchivedFile, ArchiveFolder, ArchiveHead, partition_name
from sinks.archive.parquet import load_pyarrow
from sinks.archive.person_keys_file import key_paths, write_keys
from sinks.archive.redrawer import Redrawer, RedrawReport


class CaughtUp(NamedTuple):
    """Result of `catch_up`. `ends` are the offsets of the tombstones that were applied, for `ArchiveHead.redrawn`."""

    report: RedrawReport
    ends: dict[str, int]


def catch_up(
    redrawer: Redrawer, reader: Reader, answer_check: AnswerCheck, head: ArchiveHead | None, now: datetime
) -> CaughtUp:
    """Apply the tombstones on the bus: new ones to all files, and all of them to the files that are not in `head`.

    Raises the reader's errors and `Stop`.
    """
    records = topic_tombstones(reader)
    applied = head.redrawn if head else {}
    new_records = [record for record in records if record.offset >= applied.get(_partition_name(record), 0)]
    every_person = ForgottenRecords(decode_tombstones(records), answer_check)
    new_persons = ForgottenRecords(decode_tombstones(new_records), answer_check)

    def forgotten_in(file: ArchivedFile) -> ForgottenRecords:
        is_archived = head is not None and file.end <= head.end_of(Partition(file.topic, file.partition))
        return new_persons if is_archived else every_person

    report = redrawer.run(forgotten_in, now) if records else RedrawReport()
    return CaughtUp(report, {**applied, **_ends_of(records)})


def topic_tombstones(reader: Reader) -> list[Record]:
    """Return the records of the topic of tombstones."""
    has_records = any(span.start < span.end for span in reader.offset_ranges([FORGOTTEN]).values())
    return list(reader.read([FORGOTTEN])) if has_records else []


def forgotten_persons(reader: Reader) -> ForgottenPersons:
    """Return the persons whom the bus names as forgotten. Raises `Stop` for a record that is no tombstone."""
    return ForgottenPersons(decode_tombstones(topic_tombstones(reader)))


def read_tombstones(path: Path) -> list[Record]:
    """Return the tombstones of an archive, or of one of its Parquet files of the topic. Raises `Stop` for others."""
    if path.is_dir():
        return list(ArchiveContents(path).records(FORGOTTEN))
    pa, parquet = load_pyarrow()
    try:
        rows = parquet.read_table(path, columns=list(RECORD_COLUMNS), partitioning=None).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise Stop(f"{path} is neither an archive nor a Parquet file of the topic {FORGOTTEN}: {error}.") from error
    return [record_of(FORGOTTEN, row) for row in rows]


def redraw_archive(
    folder: Path,
    files: DurableFiles,
    topics: Iterable[Topic],
    tombstones: Collection[Forgotten],
    answer_check: AnswerCheck,
    now: datetime,
) -> RedrawReport:
    """Apply tombstones to all files of the archive in a folder. Destroy the keys of the persons there.

    Raises `Stop` if it has no complete archive, if another process writes it, or if it cannot be written.
    """
    contents = ArchiveContents(folder)
    contents.head()
    archive = ArchiveFolder(folder)
    with locked(folder):
        archive.delete_leftovers(files, archive.listed_paths())
        forgotten = ForgottenRecords(tombstones, answer_check)
        report = Redrawer(archive, files, shape_finder(topics)).run(lambda _file: forgotten, now)
        _destroy_keys(archive, files, contents, ArchiveContents(folder, forgotten))
    return report


def _destroy_keys(
    archive: ArchiveFolder, files: DurableFiles, contents: ArchiveContents, remaining: ArchiveContents
) -> None:
    """Replace the file of keys if somebody who is forgotten has a key there, and delete other files of keys."""
    head = contents.head()
    if any(key != new_key for key, new_key in zip(contents.person_keys(), remaining.person_keys(), strict=True)):
        head = head.model_copy(update={"keys": write_keys(archive.path, files, remaining.person_keys())})
        archive.write_head(files, head)
    for path in key_paths(archive.path):
        if path != head.keys.path:
            files.delete(archive.path_of(path))


def _ends_of(records: Iterable[Record]) -> dict[str, int]:
    ends: dict[str, int] = {}
    for record in records:
        name = _partition_name(record)
        ends[name] = max(record.offset + 1, ends.get(name, 0))
    return ends


def _partition_name(record: Record) -> str:
    return partition_name(Partition(record.topic, record.partition))

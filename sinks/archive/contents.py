"""Reads an archive: its faults, and its records."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from bus.errors import Stop
from bus.port import Partition, Record
from sinks.archive.columns import RECORD_COLUMNS, SCHEMA_VERSION, arrow_schema, record_of
from sinks.archive.forgotten_records import ForgottenRecords
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
from sinks.archive.part_writer import file_digest
from sinks.archive.person_keys_file import ArchivedKey, key_paths, read_keys

FaultName = Literal[
    "no_head", "manifest", "schema", "missing_file", "checksum", "records", "hole", "leftover", "newer", "outside"
]
# Faults that an interrupted run leaves. The records before the offsets of `archive.json` are complete all the same.
INTERRUPTED: frozenset[FaultName] = frozenset({"leftover", "newer"})
_ROWS_AT_ONCE = 1_000


class Fault(NamedTuple):
    """A fault of the archive: its name, the file or partition, and a sentence."""

    name: FaultName
    subject: str
    text: str


class _FileStart(NamedTuple):
    """Partition, first offset and path of a file of one topic. A country has 100 files a day."""

    partition: int
    start: int
    path: str


class ArchiveContents:
    """The archive in a folder. Methods raise `Stop` if pyarrow is missing.

    With `forgotten`, records are read without words of these persons, and their keys as destroyed.
    """

    def __init__(self, folder: Path, forgotten: ForgottenRecords | None = None) -> None:
        self._folder = ArchiveFolder(folder)
        self._forgotten = forgotten

    def head(self) -> ArchiveHead:
        """Return the last complete run. Raises `Stop` if there is none, or if it is of a newer program."""
        head = self._folder.head()
        if head is None:
            raise Stop(f"{self._folder.path} has no complete archive: archive.json is missing.")
        if head.schema_version > SCHEMA_VERSION:
            raise Stop(f"{self._folder.path} is of a newer version of this program. Upgrade it first.")
        return head

    def person_keys(self) -> Iterator[ArchivedKey]:
        """Yield the persons' keys, as they were at the end of the last complete run."""
        keys = read_keys(self._folder.path, self.head().keys)
        return iter(self._forgotten.without_keys(keys)) if self._forgotten else keys

    def partitions(self) -> Sequence[Partition]:
        """Return every partition with records, sorted."""
        return sorted({Partition(topic, file.partition) for topic, files in self._files.items() for file in files})

    def gaps(self) -> Sequence[Gap]:
        """Return the offsets that the bus had deleted before they were archived, or that the archive has deleted."""
        return [gap for manifest in self._folder.days() for gap in manifest.gaps]

    def records(self, topic: str) -> Iterator[Record]:
        """Yield the records of a topic up to the end of the last complete run, partition by partition, in order."""
        records = self._records(topic)
        return map(self._forgotten.redraw, records) if self._forgotten else records

    @cached_property
    def _files(self) -> Mapping[str, Sequence[_FileStart]]:
        """The files of each topic. A restore asks for each topic, and the manifests of years are read once."""
        files = defaultdict[str, list[_FileStart]](list)
        for manifest in self._folder.days():
            for file in manifest.files:
                files[file.topic].append(_FileStart(file.partition, file.start, file.path))
        return files

    def _records(self, topic: str) -> Iterator[Record]:
        head = self.head()
        _, parquet = load_pyarrow()
        for file in sorted(self._files.get(topic, ())):
            end = head.end_of(Partition(topic, file.partition))
            if file.start >= end:
                continue
            with parquet.ParquetFile(self._folder.path_of(file.path)) as part:
                for batch in part.iter_batches(_ROWS_AT_ONCE, columns=list(RECORD_COLUMNS)):
                    yield from (record_of(topic, row) for row in batch.to_pylist() if row["offset"] < end)

    def faults(self) -> Iterator[Fault]:
        """Yield each fault: checksums, holes in the offsets, files without a manifest, unreadable manifests."""
        head: ArchiveHead | None = None
        covered, listed_paths = _Covered(), set[str]()
        try:
            head = self._folder.head()
            for manifest in self._folder.days():
                listed_paths.update(file.path for file in manifest.files)
                covered.add(manifest)
                yield from self._day_faults(manifest, is_dense=bool(head and head.bus == "local"))
        except Stop as error:
            yield Fault("manifest", str(self._folder.path), str(error))
            return
        if head is None:
            yield Fault("no_head", "archive.json", "No run has been completed yet.")
        else:
            listed_paths.add(head.keys.path)
            yield from self._content_faults(head.keys.path, head.keys.sha256)
            yield from covered.faults(head)
        for path in (*self._folder.parquet_paths(), *key_paths(self._folder.path)):
            if outside := self._outside_fault(path):
                yield outside
            elif path not in listed_paths:
                yield Fault("leftover", path, "An interrupted run left this file; the next run deletes it.")

    def _day_faults(self, manifest: DayManifest, *, is_dense: bool) -> Iterator[Fault]:
        day = str(manifest.day)
        if manifest.schema_version > SCHEMA_VERSION:
            yield Fault("schema", day, f"The columns are of the newer version {manifest.schema_version}.")
            return
        if DayManifest.of(manifest.day, 0, "", manifest.files, ()).records != manifest.records:
            yield Fault("records", day, "The counts of the manifest differ from those of its files.")
        for file in manifest.files:
            yield from self._file_faults(file, is_dense=is_dense)

    def _content_faults(self, name: str, sha256: str) -> Iterator[Fault]:
        if outside := self._outside_fault(name):
            yield outside
            return
        path = self._folder.path / name
        if not path.is_file():
            yield Fault("missing_file", name, "The manifest lists this file, and it does not exist.")
        elif file_digest(path) != sha256:
            yield Fault("checksum", name, "The content was changed or damaged: its SHA-256 is another one.")

    def _outside_fault(self, name: str) -> Fault | None:
        try:
            self._folder.path_of(name)
        except Stop as error:
            return Fault("outside", name, str(error))
        return None

    def _file_faults(self, file: ArchivedFile, *, is_dense: bool) -> Iterator[Fault]:
        if content_faults := list(self._content_faults(file.path, file.sha256)):
            yield from content_faults
            return
        try:
            offsets = _offsets(self._folder.path / file.path, file)
        except Stop as error:
            yield Fault("records", file.path, str(error))
            return
        if len(offsets) != file.records or offsets != sorted(set(offsets)):
            yield Fault("records", file.path, f"{len(offsets)} records, the manifest says {file.records}.")
        elif offsets and (offsets[0], offsets[-1]) != (file.first_offset, file.last_offset):
            yield Fault("records", file.path, "The first or last offset differs from the manifest.")
        elif is_dense and len(offsets) != file.end - file.start:
            yield Fault("hole", file.path, "Offsets are missing within this file.")


def _offsets(path: Path, file: ArchivedFile) -> list[int]:
    """Return the offsets in a file. Raises `Stop` if it has other columns, another number of rows or another partition.

    The number is compared first: a small file may claim any number of rows.
    """
    pa, parquet = load_pyarrow()
    try:
        with parquet.ParquetFile(path) as part:
            if part.metadata.num_rows != file.records:
                raise Stop(f"{part.metadata.num_rows} records, the manifest says {file.records}.")
            schema = part.schema_arrow
            if any(schema.field(name).type != arrow_schema(pa).field(name).type for name in RECORD_COLUMNS):
                raise Stop("The columns have other types than those of this program.")
            offsets: list[int] = []
            for batch in part.iter_batches(_ROWS_AT_ONCE, columns=["partition", "offset"]):
                rows = batch.to_pylist()
                if any(row["partition"] != file.partition for row in rows):
                    raise Stop(f"Records of another partition than {file.partition}.")
                offsets += (row["offset"] for row in rows)
            return offsets
    except (KeyError, pa.ArrowException) as error:
        raise Stop(f"The file cannot be read: {error}.") from error


class _Covered:
    """Offsets that the files and gaps of an archive cover."""

    def __init__(self) -> None:
        self._ranges: dict[Partition, list[tuple[int, int]]] = defaultdict(list)

    def add(self, manifest: DayManifest) -> None:
        """Add the files and gaps of a day."""
        parts: list[ArchivedFile | Gap] = [*manifest.files, *manifest.gaps]
        for part in parts:
            self._ranges[Partition(part.topic, part.partition)].append((part.start, part.end))

    def faults(self, head: ArchiveHead) -> Iterator[Fault]:
        """Yield the offsets that no file and no gap covers, from 0 to the end of the last complete run."""
        for name in sorted(head.ends.keys() | set(map(partition_name, self._ranges))):
            partition, position = partition_of(name), 0
            for start, end in sorted(self._ranges[partition]):
                if start != position:
                    yield Fault(
                        "hole", name, f"Offsets {min(start, position)} to {max(start, position) - 1} are wrong."
                    )
                position = max(position, end)
            expected = head.end_of(partition)
            if position < expected:
                yield Fault("hole", name, f"Offsets {position} to {expected - 1} are missing.")
            elif position > expected:
                text = f"An interrupted run added offsets {expected} to {position - 1}. Archive again."
                yield Fault("newer", name, text)

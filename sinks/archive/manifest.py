"""Manifests of an archive: which files it has, which offsets they cover, and what retention had deleted before.

An archive is a folder:

    archive.json                                        the last complete run
    person-keys/<digest>.parquet                        the keys of persons, wrapped (`person_keys_file.py`)
    manifests/YYYY-MM-DD.json                           one manifest for each day
    <topic>/date=YYYY-MM-DD/part-<partition>-<offset>.parquet
    <topic>/date=YYYY-MM-DD/part-<partition>-<offset>.redrawn-<n>.parquet     without words of forgotten persons

A day is one in Jakarta (WIB), by the bus's time. A file counts only if the manifest of its day lists it.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bus.errors import Stop
from bus.port import Partition
from sinks.archive.durable_files import DurableFiles

JAKARTA = timezone(timedelta(hours=7), "WIB")
_HEAD, _MANIFESTS = "archive.json", "manifests"
M = TypeVar("M", bound="_Document")


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Redrawn(_Document):
    """Words of forgotten persons were removed from a file: from so many records in all, the last time at `at`.

    `times`: how often the file was written again.
    """

    records: int
    times: int
    at: datetime


class ArchivedFile(_Document):
    """One Parquet file: all records of one partition from `start` up to, not including, `end`, which are of one day.

    On Kafka some of these offsets are no records but markers of transactions.
    """

    path: str
    topic: str
    partition: int
    start: int
    end: int
    records: int
    first_offset: int
    last_offset: int
    last_timestamp: int
    bytes: int
    sha256: str
    redrawn: Redrawn | None = None


class Gap(_Document):
    """Offsets from `start` up to, not including, `end` that the archive does not have.

    `retention`: the bus had deleted them before they were archived. `expired`: the archive had them, and deleted them
    at the end of its own retention.
    """

    topic: str
    partition: int
    start: int
    end: int
    cause: Literal["retention", "expired"] = "retention"


class DayManifest(_Document):
    """Files and gaps of one day. `records` counts the records of each topic."""

    day: date
    schema_version: int
    code_version: str
    records: dict[str, int]
    files: tuple[ArchivedFile, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def of(
        cls, day: date, schema_version: int, code_version: str, files: tuple[ArchivedFile, ...], gaps: tuple[Gap, ...]
    ) -> Self:
        """Return the manifest of these files and gaps, with the counts."""
        records: dict[str, int] = {}
        for file in files:
            records[file.topic] = records.get(file.topic, 0) + file.records
        return cls(
            day=day,
            schema_version=schema_version,
            code_version=code_version,
            records=dict(sorted(records.items())),
            files=files,
            gaps=gaps,
        )


class KeysFile(_Document):
    """Copy of the persons' keys, as they were at the end of a run."""

    path: str
    keys: int
    sha256: str


class ArchiveHead(_Document):
    """The last complete run. `ends` are the offsets up to which each partition `topic/number` is archived.

    `committed` are the offsets of each consumer group, read before `ends`: the outcomes of all records before them are
    in the archive. A run that left young records out has those of the run before it. `bus`: `local` or `kafka`; on
    `local` every offset is a record. `redrawn`: the offset of each partition of tombstones up to which they were
    applied to all files before `ends`.
    """

    at: datetime
    schema_version: int
    code_version: str
    bus: Literal["local", "kafka"]
    ends: dict[str, int]
    committed: dict[str, dict[str, int]]
    keys: KeysFile
    redrawn: dict[str, int] = Field(default_factory=dict)

    def end_of(self, partition: Partition) -> int:
        """Return the offset up to which the partition is archived."""
        return self.ends.get(partition_name(partition), 0)


class ArchiveFolder:
    """The manifests in a folder. Reading raises `Stop` for a manifest that is not readable."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def head(self) -> ArchiveHead | None:
        """Return the last complete run; `None` if there is none."""
        path = self.path / _HEAD
        return _read(ArchiveHead, path) if path.exists() else None

    def days(self) -> Iterator[DayManifest]:
        """Yield the manifests, the first day first."""
        for path in sorted((self.path / _MANIFESTS).glob("*.json")):
            yield _read(DayManifest, path)

    def day(self, day: date) -> DayManifest | None:
        """Return the manifest of a day; `None` if it has none."""
        path = self._day_path(day)
        return _read(DayManifest, path) if path.exists() else None

    def listed_paths(self) -> set[str]:
        """Return the path of every file that a manifest lists."""
        return {file.path for manifest in self.days() for file in manifest.files}

    def write_head(self, files: DurableFiles, head: ArchiveHead) -> None:
        """Write the last complete run."""
        files.write(self.path / _HEAD, _json(head))

    def write_day(self, files: DurableFiles, manifest: DayManifest) -> None:
        """Write the manifest of a day."""
        files.write(self._day_path(manifest.day), _json(manifest))

    def file_path(self, topic: str, day: date, partition: int, start: int, times_redrawn: int = 0) -> str:
        """Return the path of a file within the archive. It has another name each time that it is written again."""
        suffix = f".redrawn-{times_redrawn}" if times_redrawn else ""
        return f"{topic}/date={day}/part-{partition:05d}-{start:020d}{suffix}.parquet"

    def delete_leftovers(self, files: DurableFiles, listed_paths: AbstractSet[str]) -> None:
        """Delete the files of an interrupted run: no manifest lists them."""
        for path in self.parquet_paths():
            if path not in listed_paths:
                files.delete(self.path / path)

    def parquet_paths(self) -> Iterator[str]:
        """Yield the path of every Parquet file in the folder, also of temporary ones, within the archive."""
        for path in sorted(self.path.glob("*/date=*/*.parquet*")):
            yield path.relative_to(self.path).as_posix()

    def _day_path(self, day: date) -> Path:
        return self.path / _MANIFESTS / f"{day}.json"


def partition_name(partition: Partition) -> str:
    """Return `topic/number`."""
    return f"{partition.topic}/{partition.number}"


def partition_of(name: str) -> Partition:
    """Return the partition of `topic/number`."""
    topic, _, number = name.rpartition("/")
    return Partition(topic, int(number))


def _json(document: _Document) -> bytes:
    return document.model_dump_json(indent=1).encode() + b"\n"


def _read(shape: type[M], path: Path) -> M:
    try:
        return shape.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Stop(f"{path} is not a manifest of this program: {error.error_count()} faults.") from None

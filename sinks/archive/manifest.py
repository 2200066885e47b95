"""Manifests of an archive: which files it has, which offsets they cover, and what retention had deleted before.

An archive is a folder:

    archive.json                                        the last complete run
    person-keys/<digest>.parquet                        the keys of persons, wrapped (`person_keys_file.py`)
    manifests/YYYY-MM-DD.json                           one manifest for each day
    <topic>/date=YYYY-MM-DD/part-<partition>-<offset>.parquet
    <topic>/date=YYYY-MM-DD/part-<partition>-<offset>.redrawn-<n>.parquet     without words of forgotten persons

A day is one in Jakarta (WIB), by the bus's time. A file counts only if the manifest of its day lists it.

An archive may come from elsewhere. So each path must be the one that follows from the other fields, numbers have
limits, and no file is read, written or deleted through a symbolic link.
"""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bus.errors import Stop
from bus.port import Partition
from sinks.archive.contained_path import contained_path
from sinks.archive.durable_files import DurableFiles

JAKARTA = timezone(timedelta(hours=7), "WIB")
PERSON_KEYS = "person-keys"
_HEAD, _MANIFESTS = "archive.json", "manifests"
_KEYS_NAME_DIGITS = 16
# A country writes 100 files a day, each with less than a kilobyte in the manifest.
MAX_MANIFEST_BYTES = 64_000_000
# Partitions of one topic. The service makes 6; a restore makes as many as the archive names.
MAX_PARTITIONS = 1_000
# The bus stores offsets as numbers of 64 bits, and adds to them.
MAX_OFFSET = 2**62
_MAX_SHOWN_FAULTS = 3
# Names that Kafka takes, without those that begin with a dot.
_TOPIC_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,248}")
M = TypeVar("M", bound="_Document")


def _check_topic(name: str) -> str:
    if not _TOPIC_NAME.fullmatch(name):
        raise ValueError("not the name of a topic")
    return name


def _check_partition_name(name: str) -> str:
    topic, _, number = name.rpartition("/")
    _check_topic(topic)
    if not (
        number.isascii() and number.isdecimal() and str(int(number[:5])) == number and int(number) < MAX_PARTITIONS
    ):
        raise ValueError(f"not a topic, `/` and a number below {MAX_PARTITIONS}")
    return name


TopicName = Annotated[str, AfterValidator(_check_topic)]
PartitionNumber = Annotated[int, Field(ge=0, lt=MAX_PARTITIONS)]
Count = Annotated[int, Field(ge=0, le=MAX_OFFSET)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Offsets = dict[Annotated[str, AfterValidator(_check_partition_name)], Count]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Redrawn(_Document):
    """Words of forgotten persons were removed from a file: from so many records in all, the last time at `at`.

    `times`: how often the file was written again.
    """

    records: Count
    times: Annotated[int, Field(ge=1, le=MAX_OFFSET)]
    at: datetime


class ArchivedFile(_Document):
    """One Parquet file: all records of one partition from `start` up to, not including, `end`, which are of one day.

    On Kafka some of these offsets are no records but markers of transactions.
    """

    path: str
    topic: TopicName
    partition: PartitionNumber
    start: Count
    end: Count
    records: Count
    first_offset: Count
    last_offset: Count
    last_timestamp: Count
    bytes: Count
    sha256: Digest
    redrawn: Redrawn | None = None

    @model_validator(mode="after")
    def _check_offsets(self) -> Self:
        """Refuse offsets that no file can have: a restore and the audit of the archive count by them."""
        if not self.start <= self.first_offset <= self.last_offset < self.end:
            raise ValueError("offsets are not in order")
        if self.records > self.end - self.start:
            raise ValueError("more records than offsets")
        return self


class Gap(_Document):
    """Offsets from `start` up to, not including, `end` that the archive does not have.

    `retention`: the bus had deleted them before they were archived. `expired`: the archive had them, and deleted them
    at the end of its own retention.
    """

    topic: TopicName
    partition: PartitionNumber
    start: Count
    end: Count
    cause: Literal["retention", "expired"] = "retention"


class DayManifest(_Document):
    """Files and gaps of one day. `records` counts the records of each topic."""

    day: date
    schema_version: int
    code_version: str
    records: dict[TopicName, Count]
    files: tuple[ArchivedFile, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @model_validator(mode="after")
    def _check_paths(self) -> Self:
        """Refuse a file with another path than the one that the archiver gives it: it may lead out of the archive."""
        for file in self.files:
            times_redrawn = file.redrawn.times if file.redrawn else 0
            if file.path != file_path(file.topic, self.day, file.partition, file.start, times_redrawn):
                raise ValueError(f"{file.path!r} is not the path of such a file")
        return self

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
    keys: Count
    sha256: Digest

    @model_validator(mode="after")
    def _check_path(self) -> Self:
        """Refuse another path than the one that follows from the content: it may lead out of the archive."""
        if self.path != keys_file_path(self.sha256):
            raise ValueError(f"{self.path!r} is not the path of such a file")
        return self


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
    ends: Offsets
    committed: dict[str, Offsets]
    keys: KeysFile
    redrawn: Offsets = Field(default_factory=dict)

    def end_of(self, partition: Partition) -> int:
        """Return the offset up to which the partition is archived."""
        return self.ends.get(partition_name(partition), 0)


class ArchiveFolder:
    """The manifests in a folder.

    Reading raises `Stop` for a manifest that is not readable, and each method for a path through a symbolic link.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def head(self) -> ArchiveHead | None:
        """Return the last complete run; `None` if there is none."""
        path = self.path_of(_HEAD)
        return _read(ArchiveHead, path) if path.exists() else None

    def days(self) -> Iterator[DayManifest]:
        """Yield the manifests, the first day first."""
        for path in sorted((self.path / _MANIFESTS).glob("*.json")):
            name = path.relative_to(self.path).as_posix()
            manifest = _read(DayManifest, self.path_of(name))
            if name != _day_name(manifest.day):
                raise Stop(f"{path} is the manifest of another day, {manifest.day}.")
            yield manifest

    def day(self, day: date) -> DayManifest | None:
        """Return the manifest of a day; `None` if it has none."""
        path = self.path_of(_day_name(day))
        return _read(DayManifest, path) if path.exists() else None

    def listed_paths(self) -> set[str]:
        """Return the path of every file that a manifest lists."""
        return {file.path for manifest in self.days() for file in manifest.files}

    def write_head(self, files: DurableFiles, head: ArchiveHead) -> None:
        """Write the last complete run."""
        files.write(self.path_of(_HEAD), _json(head))

    def write_day(self, files: DurableFiles, manifest: DayManifest) -> None:
        """Write the manifest of a day."""
        files.write(self.path_of(_day_name(manifest.day)), _json(manifest))

    def path_of(self, name: str) -> Path:
        """Return the path of a file of the archive. Raises `Stop` if it is elsewhere."""
        return contained_path(self.path, name)

    def delete_leftovers(self, files: DurableFiles, listed_paths: AbstractSet[str]) -> None:
        """Delete the files of an interrupted run: no manifest lists them."""
        for path in self.parquet_paths():
            if path not in listed_paths:
                files.delete(self.path_of(path))

    def parquet_paths(self) -> Iterator[str]:
        """Yield the path of every Parquet file in the folder, also of temporary ones, within the archive."""
        for path in sorted(self.path.glob("*/date=*/*.parquet*")):
            yield path.relative_to(self.path).as_posix()


def file_path(topic: str, day: date, partition: int, start: int, times_redrawn: int = 0) -> str:
    """Return the path of a file within the archive. It has another name each time that it is written again."""
    suffix = f".redrawn-{times_redrawn}" if times_redrawn else ""
    return f"{topic}/date={day}/part-{partition:05d}-{start:020d}{suffix}.parquet"


def keys_file_path(sha256: str) -> str:
    """Return the path of the copy of the persons' keys with this content."""
    return f"{PERSON_KEYS}/{sha256[:_KEYS_NAME_DIGITS]}.parquet"


def partition_name(partition: Partition) -> str:
    """Return `topic/number`."""
    return f"{partition.topic}/{partition.number}"


def partition_of(name: str) -> Partition:
    """Return the partition of `topic/number`."""
    topic, _, number = name.rpartition("/")
    return Partition(topic, int(number))


def _day_name(day: date) -> str:
    return f"{_MANIFESTS}/{day}.json"


def _json(document: _Document) -> bytes:
    return document.model_dump_json(indent=1).encode() + b"\n"


def _read(shape: type[M], path: Path) -> M:
    if path.stat().st_size > MAX_MANIFEST_BYTES:
        raise Stop(f"{path} is not a manifest of this program: it has more than {MAX_MANIFEST_BYTES:,} bytes.")
    try:
        return shape.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Stop(f"{path} is not a manifest of this program: {_first_faults(error)}.") from None


def _first_faults(error: ValidationError) -> str:
    """Return the number of faults, and the first of them with their places."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_SHOWN_FAULTS]
    listed = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}" for fault in faults)
    return f"{error.error_count()} faults, such as {listed}"

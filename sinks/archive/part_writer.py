"""Writes the records of one partition and one day to a Parquet file. Few records are in memory at once."""

import hashlib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bus.port import Record
from messages.shapes import WireModel
from sinks.archive.columns import arrow_schema, row_of
from sinks.archive.durable_files import DurableFiles
from sinks.archive.manifest import JAKARTA, ArchivedFile, ArchiveFolder, file_path
from sinks.archive.parquet import load_pyarrow

# A row group is written when it has so many records, or so many bytes of values.
ROW_GROUP_RECORDS = 5_000
ROW_GROUP_BYTES = 16_000_000
_HASHED_BYTES = 1 << 20


class PartWriter:
    """Writer of one file, from the offset `start` on. The file is not part of the archive before `close`."""

    def __init__(
        self,
        folder: ArchiveFolder,
        files: DurableFiles,
        first: Record,
        start: int,
        shape: type[WireModel] | None,
        times_redrawn: int = 0,
    ) -> None:
        self._folder = folder
        self._files = files
        self._start = start
        self._shape = shape
        self._name = file_path(first.topic, day_of(first.timestamp), first.partition, start, times_redrawn)
        self._path = folder.path_of(self._name)
        self._first = self._last = first
        self._records = 0
        self._bytes = 0
        self._rows: list[dict[str, Any]] = []
        self._pa, parquet = load_pyarrow()
        self._schema = arrow_schema(self._pa)
        self._writer = parquet.ParquetWriter(files.temporary(self._path), self._schema, compression="zstd")

    def add(self, record: Record) -> None:
        """Add the next record of the partition and day."""
        self._last = record
        self._records += 1
        self._bytes += len(record.value)
        self._rows.append(row_of(record, self._shape))
        if len(self._rows) >= ROW_GROUP_RECORDS or self._bytes >= ROW_GROUP_BYTES:
            self._write_rows()

    def close(self) -> ArchivedFile:
        """Finish the file."""
        self._write_rows()
        self._writer.close()
        self._files.publish(self._path)
        return ArchivedFile(
            path=self._name,
            topic=self._first.topic,
            partition=self._first.partition,
            start=self._start,
            end=self._last.offset + 1,
            records=self._records,
            first_offset=self._first.offset,
            last_offset=self._last.offset,
            last_timestamp=self._last.timestamp,
            bytes=self._path.stat().st_size,
            sha256=file_digest(self._path),
        )

    def _write_rows(self) -> None:
        if self._rows:
            self._writer.write_table(self._pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows.clear()
            self._bytes = 0


def day_of(timestamp: int) -> date:
    """Return the day in Jakarta of a time in milliseconds since 1970 UTC."""
    return datetime.fromtimestamp(timestamp / 1000, JAKARTA).date()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_HASHED_BYTES):
            digest.update(chunk)
    return digest.hexdigest()

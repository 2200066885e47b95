"""Removes the words of forgotten persons from the files of an archive.

A file with such a record is written again under another name, with all records and the same offsets; then the manifest
of its day names the new file in place of the old one, then the old one is deleted. So every state that a kill leaves is
a complete archive, and the next run deletes what no manifest lists. The flat columns show which files have such
records; the values of other files are not read.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.errors import Stop
from bus.port import Record
from messages.shapes import WireModel
from sinks.archive.columns import RECORD_COLUMNS, record_of
from sinks.archive.durable_files import DurableFiles
from sinks.archive.forgotten_records import FLAT_COLUMNS, ForgottenRecords
from sinks.archive.manifest import ArchivedFile, ArchiveFolder, DayManifest, Redrawn
from sinks.archive.parquet import load_pyarrow
from sinks.archive.part_writer import PartWriter

_ROWS_AT_ONCE = 1_000
_DEAD_LETTERS = "dead-"


@dataclass(slots=True)
class RedrawReport:
    """Numbers of records without words, and of files that were written again."""

    records: int = 0
    files: int = 0


class Redrawer:
    """Removes words from the archive in a folder. Its lock is held, and it has no leftovers.

    `shape_of` returns the shape of a topic, as for the archiver.
    """

    def __init__(
        self, folder: ArchiveFolder, files: DurableFiles, shape_of: Callable[[str], type[WireModel] | None]
    ) -> None:
        self._folder = folder
        self._files = files
        self._shape_of = shape_of

    def run(self, forgotten_in: Callable[[ArchivedFile], ForgottenRecords], now: datetime) -> RedrawReport:
        """Redraw all files. `forgotten_in` returns the persons to be looked for in a file; for none it is not opened.

        Raises `Stop` if pyarrow is missing, if a file is damaged, or if a record is of a newer program. It may be
        repeated.
        """
        report = RedrawReport()
        for manifest in self._folder.days():
            self._files.before_step()
            self._redraw_day(manifest, forgotten_in, now, report)
        return report

    def _redraw_day(
        self,
        manifest: DayManifest,
        forgotten_in: Callable[[ArchivedFile], ForgottenRecords],
        now: datetime,
        report: RedrawReport,
    ) -> None:
        redrawn_files: dict[str, ArchivedFile] = {}
        for file in manifest.files:
            if (forgotten := forgotten_in(file)) and (new_file := self._redraw_file(file, forgotten, now)):
                redrawn_files[file.path] = new_file
                report.records += _records_in(new_file) - _records_in(file)
                report.files += 1
        if redrawn_files:
            files = tuple(redrawn_files.get(file.path, file) for file in manifest.files)
            self._folder.write_day(self._files, manifest.model_copy(update={"files": files}))
            for path in redrawn_files:
                self._files.delete(self._folder.path_of(path))

    def _redraw_file(self, file: ArchivedFile, forgotten: ForgottenRecords, now: datetime) -> ArchivedFile | None:
        """Write a file again without words of these persons. Return the new file; `None` if it has none."""
        offsets = self._offsets_of(file, forgotten)
        matches = (record for record in self._records(file) if record.offset in offsets) if offsets else ()
        count = sum(forgotten.without_words(record) != record for record in matches)
        if not count:
            return None
        redrawn = Redrawn(records=_records_in(file) + count, times=_times(file) + 1, at=now)
        writer: PartWriter | None = None
        for record in self._records(file):
            if writer is None:
                shape = self._shape_of(file.topic)
                writer = PartWriter(self._folder, self._files, record, file.start, shape, redrawn.times)
            writer.add(forgotten.without_words(record) if record.offset in offsets else record)
        return writer.close().model_copy(update={"end": file.end, "redrawn": redrawn}) if writer else None

    def _offsets_of(self, file: ArchivedFile, forgotten: ForgottenRecords) -> Collection[int]:
        """Return the offsets of the records of these persons.

        Dead letters, and records that could not be decoded when they were archived, have no flat columns: their values
        are read.
        """
        if file.topic.startswith(_DEAD_LETTERS):
            return {record.offset for record in self._records(file) if forgotten.has_record(record)}
        offsets, undecoded = set[int](), set[int]()
        for row in self._rows(file, FLAT_COLUMNS):
            if row["id"] is None:
                undecoded.add(row["offset"])
            elif forgotten.has_row(file.topic, row):
                offsets.add(row["offset"])
        if undecoded:
            candidates = (record for record in self._records(file) if record.offset in undecoded)
            offsets.update(record.offset for record in candidates if forgotten.has_record(record))
        return offsets

    def _records(self, file: ArchivedFile) -> Iterator[Record]:
        return (record_of(file.topic, row) for row in self._rows(file, RECORD_COLUMNS))

    def _rows(self, file: ArchivedFile, columns: Collection[str]) -> Iterator[dict[str, Any]]:
        pa, parquet = load_pyarrow()
        path = self._folder.path_of(file.path)
        try:
            with parquet.ParquetFile(path) as part:
                for batch in part.iter_batches(_ROWS_AT_ONCE, columns=list(columns)):
                    yield from batch.to_pylist()
        except pa.ArrowException as error:
            text = f"{path} cannot be read, so it may still have words of a forgotten person: {error}."
            raise Stop(f"{text} Take it from a copy, and see `satupintu archive verify`.") from error


def _records_in(file: ArchivedFile) -> int:
    return file.redrawn.records if file.redrawn else 0


def _times(file: ArchivedFile) -> int:
    return file.redrawn.times if file.redrawn else 0

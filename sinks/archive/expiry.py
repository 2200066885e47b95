"""Deletes the days of an archive whose retention has ended. The manifests keep their offsets, so it verifies as before.

A deletion may be killed at any moment. The manifest is written first: the next run of the archive deletes files that
no manifest lists.
"""

from collections.abc import Collection
from datetime import date
from pathlib import Path

from sinks.archive.durable_files import DurableFiles
from sinks.archive.folder_lock import locked
from sinks.archive.manifest import ArchivedFile, ArchiveFolder, DayManifest, Gap


def delete_days(folder: Path, before: date, kept_topics: Collection[str], files: DurableFiles, *, dry: bool) -> int:
    """Delete the files of days before `before`, except those of `kept_topics`. Return their number. `dry`: only count.

    `kept_topics` are those of which the last record of each key counts for ever. Raises `Stop` if the folder cannot be
    written, another process uses it, or a manifest is not readable.
    """
    archive = ArchiveFolder(folder)
    if archive.head() is None:
        return 0
    with locked(folder):
        days = (manifest for manifest in archive.days() if manifest.day < before)
        return sum(_delete_day(archive, manifest, kept_topics, files, dry=dry) for manifest in days)


def _delete_day(
    archive: ArchiveFolder, manifest: DayManifest, kept_topics: Collection[str], files: DurableFiles, *, dry: bool
) -> int:
    expired = [file for file in manifest.files if file.topic not in kept_topics]
    if dry or not expired:
        return len(expired)
    kept = tuple(file for file in manifest.files if file.topic in kept_topics)
    gaps = (*manifest.gaps, *map(_gap, expired))
    archive.write_day(files, DayManifest.of(manifest.day, manifest.schema_version, manifest.code_version, kept, gaps))
    for file in expired:
        files.delete(archive.path_of(file.path))
    return len(expired)


def _gap(file: ArchivedFile) -> Gap:
    return Gap(topic=file.topic, partition=file.partition, start=file.start, end=file.end, cause="expired")

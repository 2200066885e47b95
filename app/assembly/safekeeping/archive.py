"""Assembles the archiver of the service, and its nightly run."""

import threading
from collections.abc import Collection
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from app.assembly.parts import Parts
from app.operations.restore.person_keys import stored_keys
from bus.errors import Retry
from messages.forgotten import Forgotten
from messages.topics import FORGOTTEN
from sinks.archive.archiver import Archiver, ArchiveReport, System
from sinks.archive.contents import ArchiveContents
from sinks.archive.durable_files import DurableFiles
from sinks.archive.forgotten_records import decode_tombstones
from sinks.archive.manifest import ArchiveFolder
from sinks.archive.redrawer import RedrawReport
from sinks.archive.schedule import ArchiveSchedule
from sinks.archive.tombstones import redraw_archive, topic_tombstones


def archive(
    parts: Parts, folder: Path, until: datetime | None = None, files: DurableFiles | None = None
) -> ArchiveReport:
    """Archive what is new on the bus. See `Archiver.run`."""
    groups = {name: group.topics_with(parts.queues) for name, group in parts.consumer_groups.items()}
    system = System(parts.settings.bus, code_version())
    with closing(parts.bus.reader()) as reader:
        archiver = Archiver(
            reader,
            parts.topics,
            groups,
            folder,
            system,
            files or DurableFiles(),
            lambda: stored_keys(parts.keys.key_engine),
            parts.keys.answer_check,
        )
        return archiver.run(parts.now(), until)


def redraw(parts: Parts, folder: Path, tombstones: Collection[Forgotten] = ()) -> RedrawReport:
    """Remove the words of persons from an archive of this system: of these, or of all who are forgotten.

    All are those of the bus and of the archive itself. See `redraw_archive`.
    """
    if not tombstones:
        with closing(parts.bus.reader()) as reader:
            records = [*topic_tombstones(reader), *ArchiveContents(folder).records(FORGOTTEN)]
        tombstones = decode_tombstones(records)
    return redraw_archive(folder, DurableFiles(), parts.topics, tombstones, parts.keys.answer_check, parts.now())


def archive_schedule(parts: Parts, folder: Path, stopping: threading.Event) -> ArchiveSchedule:
    """Return the nightly archive. A run ends when the process is asked to stop: the process waits for its threads."""

    def check_stopping() -> None:
        if stopping.is_set():
            raise Retry("the process stops")

    def last_run() -> datetime | None:
        head = ArchiveFolder(folder).head()
        return head.at if head else None

    files = DurableFiles(check_stopping)
    return ArchiveSchedule(lambda: archive(parts, folder, files=files), last_run, parts.now, stopping)


def code_version() -> str:
    """Return the version of this program."""
    return version("satu-pintu")

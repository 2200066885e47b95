"""Assembles the archiver of the service, and its nightly run."""

import threading
from contextlib import closing
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from app.assembly.parts import Parts
from app.clock import utc_now
from app.operations.restore.person_keys import stored_keys
from sinks.archive.archiver import Archiver, ArchiveReport, System
from sinks.archive.durable_files import DurableFiles
from sinks.archive.manifest import ArchiveFolder
from sinks.archive.schedule import ArchiveSchedule


def archive(parts: Parts, folder: Path, until: datetime | None = None) -> ArchiveReport:
    """Archive what is new on the bus. See `Archiver.run`."""
    groups = {name: group.topics_with(parts.queues) for name, group in parts.consumer_groups.items()}
    system = System(parts.settings.bus, code_version())
    with closing(parts.bus.reader()) as reader:
        archiver = Archiver(
            reader, parts.topics, groups, folder, system, DurableFiles(), lambda: stored_keys(parts.engine)
        )
        return archiver.run(utc_now(), until)


def archive_schedule(parts: Parts, folder: Path, stopping: threading.Event) -> ArchiveSchedule:
    """Return the nightly archive."""

    def last_run() -> datetime | None:
        head = ArchiveFolder(folder).head()
        return head.at if head else None

    return ArchiveSchedule(lambda: archive(parts, folder), last_run, utc_now, stopping)


def code_version() -> str:
    """Return the version of this program."""
    return version("satu-pintu")

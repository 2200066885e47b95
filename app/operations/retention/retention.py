"""Ends the retention of every class of data: all that the retention table leaves to the purge.

Each part is done in short transactions and may be interrupted. A part that waits for the bus is done last.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.operations.purge import Purge, PurgeReport
from app.operations.retention.case_files import delete_case_files
from app.operations.retention.ended_cases import EndedCases
from app.operations.retention.old_rows import TIMED, UNUSED, delete_timed
from config.reference.retention import RetentionTable
from sinks.ledger.status import ReportStatus

# Deletes what an archive has from before a moment, and returns the number of files.
ArchivePurge = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Retention:
    """Applies `table`. `door_data` purges uploads, replies and codes. `purge_archive` is `None` without an archive.

    `dry`: only count; then a step does not see what an earlier one would have purged. Every method may raise
    `DatabaseUnavailable`.
    """

    engine: Engine
    table: RetentionTable
    statuses: Callable[[Collection[str]], Mapping[str, ReportStatus]]
    door_data: Purge
    purge_archive: ArchivePurge | None
    dry: bool

    def apply(self, now: datetime, age: timedelta | None = None) -> PurgeReport:
        """Purge all data whose retention has ended. Raises `Retry` if the bus cannot be read, after all else.

        `age` counts for uploads, files of reports that were never sent, and replies instead of the table.
        """
        counts = self._purge_database(now)
        if self.purge_archive:
            counts["archive"] = self.purge_archive(now - self.table.row("archive").age)
        cutoff = now - (age or self.table.row("unsent-files").age)
        report = self.door_data.run(cutoff, now, now - (age or self.table.row("replies").age))
        return PurgeReport({**counts, **report.counts}, report.skipped, report.spools)

    def _purge_database(self, now: datetime) -> dict[str, int]:
        def cutoff(name: str) -> datetime:
            return now - self.table.row(name).age

        cases = EndedCases(self.engine, self.statuses, self.table.case_tables(), self.dry)
        # Devices and keys wait for their reports, and files for their dispatches: so the cases come first.
        counts = {
            "cases": cases.purge(cutoff("case-words"), now),
            "no-reports": cases.purge_set_aside(cutoff("set-aside"), now),
            "files": delete_case_files(self.engine, cutoff("files"), dry=self.dry),
        }
        counts |= {name: delete_timed(self.engine, rows, cutoff(name), dry=self.dry) for name, rows in TIMED.items()}
        return counts | {name: purge(self.engine, cutoff(name), now, self.dry) for name, purge in UNUSED.items()}

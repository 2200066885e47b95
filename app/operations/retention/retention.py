"""Ends the retention of every class of data: all that the retention table leaves to the purge.

Each part is done in short transactions and may be interrupted. A part that waits for the bus is done last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Engine

from app.operations.purge import Purge, PurgeReport
from app.operations.retention.case_ends import ReadStatuses
from app.operations.retention.case_files import delete_case_files
from app.operations.retention.ended_cases import EndedCases
from app.operations.retention.old_rows import TIMED, UNUSED, delete_timed
from app.operations.retention.person_keys import purge_person_keys
from bus.errors import Retry
from config.database import write_anew
from config.reference.retention import RetentionTable

# A stage that is behind by more than this has not caught up after a restore, or stands still.
_MAX_LAG = timedelta(days=1)
# Counts of what is purged by the statuses in the ledger.
_CASE_COUNTS = ("cases", "no-reports")

# Returns why the ledger may lack steps of cases from before a moment; empty if it does not. May raise `Retry`.
UnprocessedSteps = Callable[[datetime], str]
# Deletes what an archive has from before a moment, and returns the number of files.
ArchivePurge = Callable[[datetime], int]


@dataclass(frozen=True, slots=True)
class Retention:
    """Applies `table`. `door_data` purges uploads, replies and codes. `purge_archive` is `None` without an archive.

    `key_engine` is the database of the persons' keys.

    No case is purged while `unprocessed_steps` names a reason: a step that the ledger lacks may have reopened it, and a
    message without a complaint in the ledger may be one.

    `expire_records` deletes the records of the embedded bus whose retention has ended; a broker does it by itself.
    `dry`: only count; then a step does not see what an earlier one would have purged. Every method may raise
    `DatabaseUnavailable`.
    """

    engine: Engine
    key_engine: Engine
    table: RetentionTable
    statuses: ReadStatuses
    door_data: Purge
    purge_archive: ArchivePurge | None
    unprocessed_steps: UnprocessedSteps
    expire_records: Callable[[], object]
    dry: bool

    def apply(self, now: datetime, age: timedelta | None = None) -> PurgeReport:
        """Purge all data whose retention has ended. Raises `Retry` if the bus cannot be read, after all else.

        `age` counts for uploads, files of reports that were never sent, and replies instead of the table.
        """
        cause = self._missing_steps(now)
        counts = (self._purge_cases(now) if not cause else {}) | self._purge_database(now)
        skipped = dict.fromkeys(_CASE_COUNTS, cause) if cause else {}
        if self.purge_archive:
            counts["archive"] = self.purge_archive(now - self.table.row("archive").age)
        cutoff = now - (age or self.table.row("unsent-files").age)
        report = self.door_data.run(cutoff, now, now - (age or self.table.row("replies").age))
        if not self.dry:
            for engine in {self.engine, self.key_engine}:
                write_anew(engine)
            self.expire_records()
        return PurgeReport({**counts, **report.counts}, {**skipped, **report.skipped}, report.spools)

    def _missing_steps(self, now: datetime) -> str:
        try:
            return self.unprocessed_steps(now - _MAX_LAG)
        except Retry as error:
            return str(error)

    def _purge_cases(self, now: datetime) -> dict[str, int]:
        """Purge the cases. It is first: devices and keys wait for their reports, and files for their dispatches."""
        cases = EndedCases(self.engine, self.statuses, self.table.case_tables(), self.dry)
        purged = cases.purge(now - self.table.row("case-words").age, now)
        set_aside = cases.purge_set_aside(now - self.table.row("set-aside").age, now)
        return dict(zip(_CASE_COUNTS, (purged, set_aside), strict=True))

    def _purge_database(self, now: datetime) -> dict[str, int]:
        def cutoff(name: str) -> datetime:
            return now - self.table.row(name).age

        counts = {"files": delete_case_files(self.engine, cutoff("files"), dry=self.dry)}
        counts |= {name: delete_timed(self.engine, rows, cutoff(name), dry=self.dry) for name, rows in TIMED.items()}
        counts |= {name: purge(self.engine, cutoff(name), now, self.dry) for name, purge in UNUSED.items()}
        keys = purge_person_keys(self.engine, self.key_engine, cutoff("person-keys"), now, dry=self.dry)
        return counts | {"person-keys": keys}

"""Loads the retention table, and checks its days against what the code needs."""

from collections.abc import Iterator, Mapping
from datetime import timedelta

from accounts.authentication.pending_sign_ins import PENDING_LIMIT
from accounts.sessions import ABSOLUTE_LIMIT
from app.operations.retention.file_age import MIN_FILE_AGE
from config.reference.folder import ReferenceFolder
from config.reference.retention import RETENTION, RetentionTable, load_retention
from config.reference.table_reader import raise_faults
from desk.change_age import KEPT_AGE
from ingest.web.contact_proof.decision import DAY
from messages.topics import RETENTION_DAYS, TOMBSTONE_DAYS
from normalize.duplicates.store.expiry import COMPARISON_PERIOD

# Until the topics have deleted a record, a stage may read it again. Clocks may differ by a day.
_TOPICS = timedelta(days=RETENTION_DAYS + 1)

# The data are needed at least so long.
FLOORS: Mapping[str, timedelta] = {
    "case-words": _TOPICS,
    "files": _TOPICS,
    "person-keys": _TOPICS,
    "devices": _TOPICS,
    "set-aside": _TOPICS,
    "forgotten": _TOPICS,
    "unsent-files": MIN_FILE_AGE,
    "codes": DAY,
}
# Deleted by the bus or the part that writes the data, at this age: the table tells it and does not decide it.
WRITERS: Mapping[str, timedelta] = {
    "lookup-keys": COMPARISON_PERIOD,
    "agency-messages": KEPT_AGE,
    **dict.fromkeys(("topics-words", "topics-arrivals", "topics-events"), timedelta(days=RETENTION_DAYS)),
    "topic-forgotten": timedelta(days=TOMBSTONE_DAYS),
}
# Deleted by the part that writes the data, at this age or earlier.
WRITERS_AT_MOST: Mapping[str, timedelta] = {"staff-sessions": max(ABSOLUTE_LIMIT, PENDING_LIMIT)}


def checked_retention(folder: ReferenceFolder, max_reply_age: timedelta) -> RetentionTable:
    """Return the table of this folder. Raises `TableError`. `max_reply_age`: a reply is sent up to this age."""
    path = folder.table(RETENTION)
    table = load_retention(path)
    raise_faults(path, _faults(table, {**FLOORS, "replies": max_reply_age + DAY}))
    return table


def _faults(table: RetentionTable, floors: Mapping[str, timedelta]) -> Iterator[str]:
    for name, floor in floors.items():
        if table.row(name).age < floor:
            yield f"{name} has too few days: the data are needed for {floor.days}; write at least that"
    for name, age in WRITERS.items():
        if table.row(name).age != age:
            yield f"{name} is deleted after {age.days} days by the code; write that number"
    for name, age in WRITERS_AT_MOST.items():
        if table.row(name).age < age:
            yield f"{name} is deleted after up to {age.days + 1} days by the code; write at least that"

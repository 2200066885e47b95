"""Purge of the keys of persons who have no report any more."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, func, update
from sqlmodel import col, select

from app.operations.retention.batches import ROWS_PER_TRANSACTION
from config.conditions import is_one_of
from config.database import changed_rows, read_transaction, write_transaction
from privacy.tables import PersonKeyRow, PersonReport


class _Key(NamedTuple):
    key_id: str
    sender: str
    retired_at: datetime | None


def purge_person_keys(database: Engine, keys: Engine, cutoff: datetime, now: datetime, *, dry: bool) -> int:
    """Retire the keys of senders without a report, and destroy those that were retired before `cutoff`.

    Between the two lies the time after which no topic has a message that the key has sealed: a process seals with a
    key for some minutes after it was retired. The row stays without its sender: a message of an archive that names the
    key is known as one that cannot be opened. `keys` is the database of the keys, `database` that of the reports.
    Returns the number of destroyed keys. `dry`: only count. Raises `DatabaseUnavailable`.
    """
    if not dry:
        for page in _pages(keys, (col(PersonKeyRow.created_at) < cutoff) & col(PersonKeyRow.retired_at).is_(None)):
            first_reports = _first_reports(database, {key.sender for key in page})
            unused = [key.key_id for key in page if key.sender not in first_reports]
            _update(keys, unused, col(PersonKeyRow.retired_at).is_(None), {"retired_at": now})
    count = 0
    is_due = (col(PersonKeyRow.retired_at) < cutoff) & (col(PersonKeyRow.sender) != "")
    for page in _pages(keys, is_due):
        first_reports = _first_reports(database, {key.sender for key in page})
        due = [key.key_id for key in page if not _opens_report(key, first_reports)]
        count += len(due) if dry else _update(keys, due, is_due, {"wrapped": "", "root_key_id": "", "sender": ""})
    return count


def _opens_report(key: _Key, first_reports: Mapping[str, datetime | None]) -> bool:
    """Return True if a report is from before the key was retired. A person who wrote after that has a new key."""
    first_report = first_reports.get(key.sender)
    return first_report is not None and key.retired_at is not None and first_report <= key.retired_at


def _pages(keys: Engine, condition: ColumnElement[bool]) -> Iterator[Sequence[_Key]]:
    """Yield the keys that meet the condition, by id, as many at once as one transaction changes."""
    columns = (col(getattr(PersonKeyRow, name)) for name in _Key._fields)
    query = select(*columns).where(condition).order_by(col(PersonKeyRow.key_id)).limit(ROWS_PER_TRANSACTION)
    last_id = ""
    while True:
        with read_transaction(keys) as connection:
            page = [_Key(*row) for row in connection.execute(query.where(col(PersonKeyRow.key_id) > last_id))]
        if not page:
            return
        yield page
        last_id = page[-1].key_id


def _first_reports(database: Engine, senders: Collection[str]) -> Mapping[str, datetime | None]:
    """Return the time of the first report of each of these senders who has one."""
    sender, first = col(PersonReport.sender), func.min(col(PersonReport.received_at))
    with read_transaction(database) as connection:
        return {
            row[0]: row[1]
            for row in connection.execute(select(sender, first).where(is_one_of(sender, senders)).group_by(sender))
        }


def _update(
    keys: Engine, key_ids: Sequence[str], condition: ColumnElement[bool], values: Mapping[str, str | datetime]
) -> int:
    if not key_ids:
        return 0
    with write_transaction(keys) as connection:
        statement = update(PersonKeyRow).where(is_one_of(col(PersonKeyRow.key_id), key_ids), condition)
        return changed_rows(connection.execute(statement.values(dict(values))))

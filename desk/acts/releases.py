"""Cases of persons who work here no more: nobody has them, the list shows them, and each has a step that says so."""

import threading
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, select, update
from sqlmodel import col

from accounts.tables import AccountRow
from bus.errors import cause_of
from cases.course.verdicts import SYSTEM_ACTOR
from config.conditions import is_one_of
from config.database import (
    DatabaseLock,
    DatabaseUnavailable,
    insert_statement,
    lock_until_commit,
    read_transaction,
    statement_chunks,
    write_transaction,
)
from desk.acts.answers import Record
from desk.acts.tables import DeskAssignment, DeskHolder
from desk.read_model.tables import DeskCase
from desk.units.tiers import seen, tier_of

_NOBODY = {"account_id": "", "name": ""}

_log = structlog.get_logger()


class Releases:
    """Takes cases from persons who leave. `new_id` returns random ids, `record` appends to the audit log."""

    def __init__(self, engine: Engine, record: Record, now: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._engine = engine
        self._record = record
        self._now = now
        self._new_id = new_id

    def release(self, connection: Connection, account_id: UUID, agency: str, unit: str | None = None) -> int:
        """Let nobody have the cases of a person; return the number of open ones.

        With the code of the person's unit only those that the person does not see there.
        """
        held = (col(DeskHolder.agency) == agency, col(DeskHolder.account_id) == str(account_id))
        query = select(col(DeskHolder.dispatch_id), col(DeskHolder.name)).where(*held)
        names = {row.dispatch_id: row.name for row in connection.execute(query)}
        if unit is not None:
            names = _without(names, seen(connection, tier_of(connection, agency, unit), names.keys()))
        if not names:
            return 0
        is_open = (
            is_one_of(col(DeskCase.dispatch_id), names.keys()),
            col(DeskCase.is_current),
            col(DeskCase.tab) != "done",
        )
        open_ids = set(connection.execute(select(col(DeskCase.dispatch_id)).where(*is_open)).scalars())
        is_released = is_one_of(col(DeskHolder.dispatch_id), names.keys())
        connection.execute(update(DeskHolder).where(*held, is_released).values(_NOBODY))
        if open_ids:
            now = self._now()
            marked = is_one_of(col(DeskHolder.dispatch_id), open_ids)
            connection.execute(update(DeskHolder).where(marked).values(released_at=now))
            steps = [self._step(id_, agency, names[id_], now) for id_ in sorted(open_ids)]
            for chunk in statement_chunks(steps):
                connection.execute(insert_statement(connection, DeskAssignment), list(chunk))
        return len(open_ids)

    def release_ended(self) -> int:
        """Release the cases of persons whose last day is over; return the number of persons.

        Raises `DatabaseUnavailable`. Another process may do the same: each person is released once.
        """
        now = self._now()
        is_due = (col(AccountRow.ends_at) <= now, col(AccountRow.released_at).is_(None))
        query = select(col(AccountRow.id), col(AccountRow.agency)).where(*is_due)
        with read_transaction(self._engine) as connection:
            ended = connection.execute(query).all()
        for person in ended:
            self._record("account.ended", str(person.id), SYSTEM_ACTOR, "last day is over", now)
            with write_transaction(self._engine) as connection:
                lock_until_commit(connection, DatabaseLock.ACCOUNTS)
                is_person = col(AccountRow.id) == person.id
                if connection.execute(select(col(AccountRow.id)).where(is_person, *is_due)).one_or_none() is None:
                    continue
                released = self.release(connection, person.id, person.agency)
                connection.execute(update(AccountRow).where(is_person).values(released_at=now))
            _log.info("account.cases_released", account_id=str(person.id), cases=released)
        return len(ended)

    def _step(self, dispatch_id: UUID, agency: str, name: str, at: datetime) -> dict[str, Any]:
        empty = {"unit": "", "unit_code": "", "unit_due_at": None, "is_return": False, "account_id": "", "stand_in": ""}
        step = {"id": self._new_id(), "dispatch_id": dispatch_id, "agency": agency, **empty}
        return {**step, "is_release": True, "name": name, "actor": SYSTEM_ACTOR, "why": "", "at": at}


class EndedReleases:
    """A thread's function: releases the cases of persons whose last day is over."""

    def __init__(self, releases: Releases, stopping: threading.Event, pause_seconds: float) -> None:
        self._releases = releases
        self._stopping = stopping
        self._pause_seconds = pause_seconds

    def run(self) -> None:
        """Work until stopped. No error ends it."""
        while not self._stopping.wait(self._pause_seconds):
            try:
                self._releases.release_ended()
            except DatabaseUnavailable as error:
                _log.warning("releases.waiting", cause=cause_of(error))
            except Exception as error:  # noqa: BLE001 - the next turn tries again
                _log.error("releases.failed_unexpectedly", exc_info=error)


def _without(names: dict[UUID, str], kept: Collection[UUID]) -> dict[UUID, str]:
    return {id_: name for id_, name in names.items() if id_ not in kept}

"""Notices to officers: dangers, new cases, what citizens wrote, deadlines, and a webhook that was switched off.

An agency gets at most one e-mail an hour about cases. One about a danger to life never waits, and one about new cases,
if the agency wants it, waits at most ten minutes after the one before.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Engine, delete, select, update
from sqlmodel import col

from config.conditions import is_one_of
from config.database import insert_statement, read_transaction, statement_chunks, write_transaction
from desk.acts.tables import DeskAgencySetting
from desk.change_age import KEPT_AGE, MAILED_AGE
from desk.changes import CaseChange, ChangeKind
from desk.escalation.told_persons import mailed_changes
from desk.mail.composer import MailComposer
from desk.mail.message import DEFAULT_LIFETIME, Mail
from desk.mail.outbox import MailOutbox
from desk.mail.recipients import Recipient, Recipients, by_unit
from desk.mail.tables import NoticeRow
from desk.mail.texts import (
    ESCALATED_KINDS,
    NOTICE_OPENINGS,
    REMINDER_OPENINGS,
    DeskLinks,
    danger_text,
    new_cases_text,
    notice_text,
    reminder_text,
    switched_off_text,
)
from desk.read_model.queries import read_numbered
from desk.units.tiers import read_tree, tier_of
from desk.units.tree import UnitTree

NOTICE_INTERVAL: Final = timedelta(hours=1)
NEW_CASES_INTERVAL: Final = timedelta(minutes=10)
# Kinds of changes that share an e-mail, each with the time between two of them.
_INTERVALS: Mapping[tuple[ChangeKind, ...], timedelta] = {
    ("danger",): timedelta(),
    ("received",): NEW_CASES_INTERVAL,
    tuple(NOTICE_OPENINGS): NOTICE_INTERVAL,
}
_NOTIFIED_KINDS = frozenset(kind for kinds in _INTERVALS for kind in kinds)


class NoticeQueue:
    """Stores changes that officers are notified of, in the transaction of the read model. `now` is the clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def add(self, connection: Connection, changes: Sequence[CaseChange]) -> None:
        """Store the changes that officers are notified of. A change that was stored before is left as it is.

        A case that came with a danger is told of once, by the notice of the danger.
        """
        oldest = self._now() - MAILED_AGE
        dangers = {change.dispatch_id for change in changes if change.kind == "danger"}
        arrivals = {change.agency for change in changes if change.kind == "received"}
        told_of_arrivals = agencies_with_mail_of_new_cases(connection, arrivals)
        rows = [
            {
                "change_id": change.id,
                "kind": change.kind,
                "agency": change.agency,
                "number": change.number,
                "unit": "",
                "changed_at": change.at,
            }
            for change in changes
            if change.kind in _NOTIFIED_KINDS
            and change.at >= oldest
            and (change.kind != "received" or change.agency in told_of_arrivals)
            and (change.kind != "received" or change.dispatch_id not in dangers)
        ]
        for chunk in statement_chunks(rows):
            connection.execute(insert_statement(connection, NoticeRow).on_conflict_do_nothing(), list(chunk))

    def add_contribution(self, connection: Connection, change: CaseChange, unit: str) -> None:
        """Store that a unit was asked for a contribution, or that one was given to it."""
        row = {"change_id": change.id, "kind": change.kind, "agency": change.agency, "number": change.number}
        statement = insert_statement(connection, NoticeRow).values({**row, "unit": unit, "changed_at": change.at})
        connection.execute(statement.on_conflict_do_nothing())


class NoticeJob:
    """Makes the notices that are due. `agency_name` returns the name of an agency by its code."""

    def __init__(
        self,
        engine: Engine,
        recipients: Recipients,
        links: DeskLinks,
        composer: MailComposer,
        outbox: MailOutbox,
        now: Callable[[], datetime],
        agency_name: Callable[[str], str],
    ) -> None:
        self._engine = engine
        self._recipients = recipients
        self._links = links
        self._composer = composer
        self._outbox = outbox
        self._now = now
        self._agency_name = agency_name

    def step(self) -> int:
        """Store the notices that are due; return the number of e-mails. Raises `DatabaseUnavailable`."""
        now = self._now()
        return sum(self._make(agency, kinds, now) for kinds, agency in self._due(now))

    def switched_off(self, agency: str, event_id: str, reason: str) -> None:
        """Tell the coordinators that a webhook was switched off. The same event is told once."""
        text = switched_off_text(reason, self._links)
        readers = self._recipients.coordinators(agency)
        expires_at = self._now() + DEFAULT_LIFETIME
        self._outbox.add(self._composer.compose("webhook-off", (event_id,), readers, text, expires_at))

    def sweep(self) -> None:
        """Delete rows that no replay can repeat any more."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(NoticeRow).where(col(NoticeRow.changed_at) < self._now() - KEPT_AGE))

    def _due(self, now: datetime) -> Sequence[tuple[tuple[ChangeKind, ...], str]]:
        """Return the e-mails that are due: the kinds of changes and the agency of each."""
        notified_at, agency, kind = col(NoticeRow.notified_at), col(NoticeRow.agency), col(NoticeRow.kind)
        due = []
        with read_transaction(self._engine) as connection:
            waiting = connection.execute(select(agency, kind).where(notified_at.is_(None)).distinct()).all()
            for kinds, interval in _INTERVALS.items():
                agencies = {row.agency for row in waiting if row.kind in kinds}
                is_recent = (is_one_of(agency, agencies), is_one_of(kind, kinds), notified_at > now - interval)
                if agencies and interval:
                    agencies -= set(connection.execute(select(agency).where(*is_recent).distinct()).scalars())
                due += [(kinds, code) for code in sorted(agencies)]
        return due

    def _make(self, agency: str, kinds: Sequence[ChangeKind], now: datetime) -> int:
        officers, staff = self._recipients.officers(agency), self._recipients.staff(agency)
        readers, overseers = self._recipients.readers(agency), self._recipients.overseers()
        with write_transaction(self._engine) as connection:
            pending = (
                col(NoticeRow.agency) == agency,
                col(NoticeRow.notified_at).is_(None),
                is_one_of(col(NoticeRow.kind), kinds),
            )
            statement = update(NoticeRow).where(*pending).values(notified_at=now)
            marked: Sequence[Any] = connection.execute(
                statement.returning(
                    *(col(getattr(NoticeRow, name)) for name in ("change_id", "kind", "number", "unit", "changed_at"))
                )
            ).all()
            if not marked:
                # Another process was faster.
                return 0
            rows = sorted(marked, key=lambda row: (row.changed_at, row.change_id))
            told = mailed_changes(connection, [row.change_id for row in rows if row.kind in ESCALATED_KINDS])
            news = _news(
                [
                    *_shares(connection, agency, [row for row in rows if row.kind not in ESCALATED_KINDS], officers),
                    *_told_shares(connection, agency, rows, readers, told),
                ]
            )
            mails = [
                *(
                    mail
                    for shown, hearers in _shares(connection, agency, rows, staff)
                    for mail in self._urgent(agency, shown, hearers, now)
                ),
                *(mail for shown, hearers in news for mail in self._notices(agency, shown, hearers, now)),
                *(
                    mail
                    for overseer in overseers
                    for mail in self._reminders(agency, _told(rows, overseer, told), [overseer], now)
                ),
            ]
            self._outbox.add_within(connection, mails)
        return len(mails)

    def _urgent(self, agency: str, rows: Sequence[Any], staff: Sequence[Recipient], now: datetime) -> Sequence[Mail]:
        """Return the e-mails to all who work on the cases about dangers and about new cases."""
        mails: list[Mail] = []
        for kind, text_of in (("danger", danger_text), ("received", new_cases_text)):
            told = [row for row in rows if row.kind == kind]
            if told:
                cause = (agency, str(told[0].change_id))
                text = text_of(_numbers(told, kind), self._links)
                mails += self._composer.compose(kind, cause, staff, text, now + DEFAULT_LIFETIME)
        return mails

    def _notices(
        self, agency: str, rows: Sequence[Any], officers: Sequence[Recipient], now: datetime
    ) -> Sequence[Mail]:
        """Return the e-mails to persons of the agency about what citizens wrote and about deadlines."""
        told = [row for row in rows if row.kind in NOTICE_OPENINGS]
        if not told:
            return ()
        text = notice_text({kind: _numbers(rows, kind) for kind in NOTICE_OPENINGS}, self._links)
        cause = (agency, str(told[0].change_id))
        return self._composer.compose("notice", cause, officers, text, now + DEFAULT_LIFETIME)

    def _reminders(
        self, agency: str, rows: Sequence[Any], overseers: Sequence[Recipient], now: datetime
    ) -> Sequence[Mail]:
        """Return the e-mails to overseers about deadlines. They have no desk of the agency."""
        mails: list[Mail] = []
        for kind in REMINDER_OPENINGS:
            late = [row for row in rows if row.kind == kind]
            if late:
                text = reminder_text(kind, self._agency_name(agency), _numbers(rows, kind))
                cause = (agency, str(late[0].change_id))
                mails += self._composer.compose("reminder", cause, overseers, text, now + DEFAULT_LIFETIME)
        return mails


def agencies_with_mail_of_new_cases(connection: Connection, agencies: Collection[str]) -> frozenset[str]:
    """Return those of the agencies whose officers get an e-mail for each new case."""
    wanted = select(col(DeskAgencySetting.agency)).where(
        is_one_of(col(DeskAgencySetting.agency), agencies), col(DeskAgencySetting.mails_new_cases)
    )
    return frozenset(connection.execute(wanted).scalars()) if agencies else frozenset()


def _told(rows: Sequence[Any], reader: Recipient, told: Mapping[str, Collection[UUID]]) -> Sequence[Any]:
    """Return the changes of deadlines of which a reader is told."""
    own = told.get(reader.account_id, ())
    return [row for row in rows if row.change_id in own]


def _told_shares(
    connection: Connection,
    agency: str,
    rows: Sequence[Any],
    readers: Sequence[Recipient],
    told: Mapping[str, Collection[UUID]],
) -> Iterator[tuple[Sequence[Any], Sequence[Recipient]]]:
    """Yield the changes of deadlines of which each reader is told, as far as the reader may still see the case."""
    for reader in readers:
        if own := _told(rows, reader, told):
            yield from _shares(connection, agency, own, [reader])


def _news(
    shares: Sequence[tuple[Sequence[Any], Sequence[Recipient]]],
) -> Sequence[tuple[Sequence[Any], Sequence[Recipient]]]:
    """Return the changes of each reader: one e-mail tells of all of them."""
    readers = {reader.account_id: reader for _, hearers in shares for reader in hearers}
    rows: defaultdict[str, list[Any]] = defaultdict(list)
    for shown, hearers in shares:
        for reader in hearers:
            rows[reader.account_id] += shown
    ordered = {id_: sorted(own, key=lambda row: (row.changed_at, row.change_id)) for id_, own in rows.items()}
    return [(ordered[id_], [reader]) for id_, reader in readers.items()]


def _shares(
    connection: Connection, agency: str, rows: Sequence[Any], recipients: Sequence[Recipient]
) -> Iterator[tuple[Sequence[Any], Sequence[Recipient]]]:
    """Yield what the readers of each unit are told of, and these readers: cases of their own tier alone.

    What a row tells one unit is for the readers of that unit; without one, for those of the nearest unit above.
    """
    units = by_unit(recipients)
    tree = read_tree(connection, agency) if any(row.unit for row in rows) else UnitTree()
    told = {unit: nearest_unit(tree, units, unit) for unit in {row.unit for row in rows if row.unit}}
    of_cases = [row for row in rows if not row.unit]
    for unit, readers in units.items():
        tier = tier_of(connection, agency, unit)
        own = of_cases
        if not tier.is_whole:
            numbers = {row.tracking for row in read_numbered(connection, tier, [row.number for row in of_cases])}
            own = [row for row in of_cases if row.number in numbers]
        yield [*own, *(row for row in rows if row.unit and told[row.unit] == unit)], readers


def nearest_unit(tree: UnitTree, units: Collection[str], unit: str) -> str:
    """Return the unit, or the nearest above it, that is one of some units; empty for the institution."""
    return next((code for code in (unit, *tree.above(unit)) if code in units), "")


def _numbers(rows: Sequence[Any], kind: str) -> Sequence[str]:
    """Return the numbers of the cases with a change of this kind, each once."""
    return list(dict.fromkeys(row.number for row in rows if row.kind == kind))

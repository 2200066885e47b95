"""How long a person is appointed, and who stands in while the person is on leave. Recorded before its effect.

Days are those of the institution: they are stored as the moments at which they begin and end there.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, update
from sqlmodel import col

from accounts.account_store import NO_LEAVE, Account, AccountStore, active_administrators
from accounts.authentication.sign_in import Record
from accounts.permissions import RIGHTS, Act, Role
from accounts.person_checks import NotPossible
from accounts.tables import AccountRow
from config.database import DatabaseLock, lock_until_commit, write_transaction

# Returns the time zone of an institution; that of Jakarta for a role with none.
FindZone: TypeAlias = Callable[[str], tzinfo]
# Returns True if who belongs to the first unit of an institution sees all cases of the second one. A code may be empty.
CoversUnit: TypeAlias = Callable[[str, str, str], bool]
# Coordinators hear of an end so long before.
REMINDED_BEFORE = timedelta(days=14)
MAX_DECREE_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Appointment:
    """Number and date of the decree that appoints a person, and the last day; each may be missing."""

    decree: str = ""
    decree_date: date | None = None
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """Days of a leave, both included, and the account of who stands in. `None` for what was not given."""

    stand_in: UUID | None
    first_day: date | None
    last_day: date | None


def begin_of(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a day begins."""
    return datetime.combine(day, time(), zone)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a day is over. The last day that there is has no end: `NotPossible`."""
    try:
        return begin_of(day + timedelta(days=1), zone)
    except OverflowError:
        raise NotPossible("end_too_late") from None


def last_day(ends_at: datetime, zone: tzinfo) -> date:
    """Return the day that is over at a moment."""
    return (ends_at - timedelta(microseconds=1)).astimezone(zone).date()


def read_day(typed: str) -> date | None:
    """Return a day of a form or a command (`2026-12-31`); `None` for an empty text. Raises `ValueError`."""
    return date.fromisoformat(typed.strip()) if typed.strip() else None


def check_appointment(appointment: Appointment, today: date) -> None:
    """Raise `NotPossible` if number, date or last day cannot be used."""
    if len(appointment.decree) > MAX_DECREE_LENGTH or not appointment.decree.isprintable():
        raise NotPossible("decree_invalid")
    if appointment.decree_date and appointment.decree_date > today:
        raise NotPossible("decree_in_future")
    if appointment.last_day and appointment.last_day < today:
        raise NotPossible("end_in_past")


def active_stand_ins(accounts: Iterable[Account], now: datetime) -> Mapping[UUID, Account]:
    """Return who stands in now, by the account of the person on leave.

    `accounts` are the persons of an institution who may sign in: one who may not stands in for nobody.
    """
    by_id = {account.id: account for account in accounts}
    return {
        account.id: by_id[account.stand_in]
        for account in by_id.values()
        if account.is_away(now) and account.stand_in in by_id
    }


class Appointments:
    """Changes appointments and leaves. Methods may raise `NotPossible` and `DatabaseUnavailable`.

    `by` is the actor as the audit log names them.
    """

    def __init__(
        self,
        engine: Engine,
        accounts: AccountStore,
        zone: FindZone,
        covers_unit: CoversUnit,
        record: Record,
        now: Callable[[], datetime],
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._zone = zone
        self._covers_unit = covers_unit
        self._record = record
        self._now = now

    def now(self) -> datetime:
        """Return the time."""
        return self._now()

    def zone(self, agency: str) -> tzinfo:
        """Return the time zone of an institution."""
        return self._zone(agency)

    def today(self, agency: str) -> date:
        """Return the day at an institution."""
        return self._now().astimezone(self._zone(agency)).date()

    def last_day_of(self, account: Account) -> str:
        """Return the last day of a person (`2026-12-31`); empty for no end."""
        return last_day(account.ends_at, self._zone(account.agency)).isoformat() if account.ends_at else ""

    def checked_end(self, agency: str, appointment: Appointment) -> datetime | None:
        """Return the moment at which an appointment of an institution ends; `None` for no end."""
        check_appointment(appointment, self.today(agency))
        return end_of(appointment.last_day, self._zone(agency)) if appointment.last_day else None

    def appoint(self, account_id: UUID, appointment: Appointment, by: str, why: str) -> None:
        """Set decree and last day of a person. With a new last day a person whose last day was over may sign in again.

        The last administrator gets no last day.
        """
        account = self._existing(account_id)
        ends_at = self.checked_end(account.agency, appointment)
        self._record("account.appointed", f"{account_id} {appointment.last_day or 'no end'}", by, why, self._now())
        values = {"decree": appointment.decree, "decree_date": appointment.decree_date, "ends_at": ends_at}
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            is_administrator = account.role is Role.ADMINISTRATOR and not account.has_ended(self._now())
            if ends_at and is_administrator and active_administrators(connection, self._now()) <= 1:
                raise NotPossible("last_administrator")
            _change(connection, account_id, {**values, "released_at": None})

    def set_leave(self, account_id: UUID, leave: Leave, by: str, why: str) -> None:
        """Let somebody stand in for a person on these days. A leave that was set before is replaced.

        Who stands in belongs to the same institution, sees at least the same cases, and is there on all these days.
        """
        account = self._existing(account_id)
        away_from, away_until = self._period(account, leave)
        self._check_stand_in(account, leave.stand_in, away_from, away_until)
        self._record("account.leave_set", f"{account_id} {leave.stand_in}", by, why, self._now())
        values = {"stand_in": leave.stand_in, "away_from": away_from, "away_until": away_until}
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            _change(connection, account_id, values)

    def end_leave(self, account_id: UUID, by: str, why: str) -> None:
        """End the leave of a person now, or take back one that has not begun."""
        if not self._existing(account_id).has_leave(self._now()):
            raise NotPossible("no_leave")
        self._record("account.leave_ended", str(account_id), by, why, self._now())
        with write_transaction(self._engine) as connection:
            _change(connection, account_id, NO_LEAVE)

    def check_new_unit(self, account: Account, unit: str) -> None:
        """Raise `NotPossible` if a person of this unit would not fit to a leave, the own one or another one."""
        now, moved = self._now(), replace(account, unit=unit)
        for other in self._accounts.of_agency(account.agency):
            if account.has_leave(now) and other.id == account.stand_in and not self._fits(moved, other):
                raise NotPossible("stand_in_tier")
            if other.has_leave(now) and other.stand_in == account.id and not self._fits(other, moved):
                raise NotPossible("stands_in_itself")

    def possible_stand_ins(self, account: Account) -> Sequence[Account]:
        """Return the persons who may stand in for one today, by name."""
        now = self._now()
        return [
            other
            for other in self._accounts.of_agency(account.agency)
            if other.id != account.id and not other.has_leave(now) and self._fits(account, other)
        ]

    def _period(self, account: Account, leave: Leave) -> tuple[datetime, datetime]:
        if not has_leaves(account.role):
            raise NotPossible("no_leave_for_role")
        if leave.first_day is None or leave.last_day is None:
            raise NotPossible("leave_days_missing")
        if leave.last_day < leave.first_day:
            raise NotPossible("leave_reversed")
        if leave.last_day < self.today(account.agency):
            raise NotPossible("leave_over")
        zone = self._zone(account.agency)
        return begin_of(leave.first_day, zone), end_of(leave.last_day, zone)

    def _check_stand_in(self, account: Account, id_: UUID | None, away_from: datetime, away_until: datetime) -> None:
        if id_ is None:
            raise NotPossible("stand_in_missing")
        if id_ == account.id:
            raise NotPossible("stand_in_self")
        stand_in = self._accounts.by_id(id_)
        if stand_in is None or stand_in.agency != account.agency or not has_leaves(stand_in.role):
            raise NotPossible("stand_in_unknown")
        if stand_in.revoked_at or (stand_in.ends_at and stand_in.ends_at < away_until):
            raise NotPossible("stand_in_gone")
        if not self._fits(account, stand_in):
            raise NotPossible("stand_in_tier")
        if _overlaps(stand_in, away_from, away_until):
            raise NotPossible("stand_in_away")
        others = self._accounts.of_agency(account.agency)
        if any(other.stand_in == account.id and _overlaps(other, away_from, away_until) for other in others):
            raise NotPossible("stands_in_itself")

    def _fits(self, account: Account, stand_in: Account) -> bool:
        """Return True if one person sees all that another one does, so that standing in shows nothing more."""
        return has_leaves(stand_in.role) and self._covers_unit(account.agency, stand_in.unit, account.unit)

    def _existing(self, account_id: UUID) -> Account:
        account = self._accounts.by_id(account_id)
        if account is None or account.revoked_at:
            raise NotPossible("no_such_account")
        return account


def has_leaves(role: Role) -> bool:
    """Return True for a role whose persons hold cases."""
    return Act.RESPOND in RIGHTS[role].own


def _overlaps(account: Account, away_from: datetime, away_until: datetime) -> bool:
    is_set = account.away_from is not None and account.away_until is not None
    return is_set and account.away_from < away_until and away_from < account.away_until  # type: ignore[operator]


def _change(connection: Connection, account_id: UUID, values: Mapping[str, object]) -> None:
    connection.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(dict(values)))

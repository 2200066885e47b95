"""Accounts in the database. Decides nothing and records nothing: see `people` and `sign_in`."""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, or_, select, update
from sqlmodel import col

from accounts.invitations import NewPerson
from accounts.mail import AccountChange, AccountNotice
from accounts.permissions import SECOND_FACTOR_ROLES, Actor, Role, actor_label
from accounts.sessions import has_confirmed_factor
from accounts.tables import AccountRow
from config.conditions import contains_text, is_one_of
from config.database import changed_rows, has_row, read_transaction, write_transaction

_MAX_EMAIL_LENGTH = 254
# Columns of a person who is not on leave.
NO_LEAVE: Final[Mapping[str, Any]] = MappingProxyType({"stand_in": None, "away_from": None, "away_until": None})


@dataclass(frozen=True, slots=True)
class Account:
    """Person who may sign in, or might until `revoked_at` or `ends_at`. `password_hash` is empty without a password.

    See `AccountRow` for the decree and the leave.
    """

    id: UUID
    email: str
    name: str
    role: Role
    agency: str
    unit: str
    password_hash: str
    wants_digest: bool
    last_sign_in_at: datetime | None
    revoked_at: datetime | None
    decree: str
    decree_date: date | None
    ends_at: datetime | None
    stand_in: UUID | None
    away_from: datetime | None
    away_until: datetime | None
    has_second_factor: bool

    @property
    def actor(self) -> Actor:
        """The person as an actor."""
        return Actor.of_account(self.id, self.name, self.role, self.agency, self.unit)

    @property
    def must_have_second_factor(self) -> bool:
        """True if the role needs a second factor, and the person has a password."""
        return self.role in SECOND_FACTOR_ROLES and bool(self.password_hash)

    @property
    def person(self) -> NewPerson:
        """The person as an invitation names them."""
        return NewPerson(
            self.email, self.name, self.role, self.agency, self.unit, self.decree, self.decree_date, self.ends_at
        )

    def has_ended(self, now: datetime) -> bool:
        """Return True if the last day of the person is over."""
        return self.ends_at is not None and self.ends_at <= now

    def is_away(self, now: datetime) -> bool:
        """Return True if the person is on leave."""
        return self.away_from is not None and self.away_until is not None and self.away_from <= now < self.away_until

    def has_leave(self, now: datetime) -> bool:
        """Return True if the person is on leave, or will be."""
        return self.away_until is not None and now < self.away_until

    def notice(self, change: AccountChange, by: str = "") -> AccountNotice:
        """Return the notice of a change for the person. `by` is who made it; empty for the person."""
        return AccountNotice(self.id, self.email, self.role, self.agency, change, by)

    @property
    def label(self) -> str:
        """The person as actor of the audit log: name and account."""
        return actor_label(self.actor)


def normalized_email(typed: str) -> str:
    """Return an e-mail address in lower case and without spaces around it; empty if it is none.

    An address with a character that stands for another one (NFKC) is none: the Kelvin sign becomes a `k` in lower case,
    and the address that of another person. Whether an address exists is known when the person opens the link that was
    sent there.
    """
    email = typed.strip()
    if unicodedata.normalize("NFKC", email) != email:
        return ""
    email = email.lower()
    local_part, _, domain = email.rpartition("@")
    is_plain = email.isprintable() and " " not in email and not set(email) & set("<>,;:\"'()[]\\")
    if not (local_part and is_plain and "@" not in local_part and "." in domain.strip(".")):
        return ""
    return email if len(email) <= _MAX_EMAIL_LENGTH else ""


class AccountStore:
    """Reads and writes accounts. `now` is the clock. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def by_id(self, account_id: UUID) -> Account | None:
        """Return an account, also a revoked one."""
        return self._first(col(AccountRow.id) == account_id)

    def by_email(self, email: str) -> Account | None:
        """Return an account, also a revoked one. `email` is normalised."""
        return self._first(col(AccountRow.email) == email)

    def of_agency(self, agency: str) -> Sequence[Account]:
        """Return the persons of an institution's desk who may sign in now, by name: overseers have no desk."""
        return self._all(None, _has_not_ended(self._now()), *_is_at_desk(agency))

    def active(self) -> Sequence[Account]:
        """Return all persons who may sign in now, by institution and name."""
        return self._all(None, _has_not_ended(self._now()))

    def ending(self, after: datetime, until: datetime) -> Sequence[Account]:
        """Return the persons whose last day is over later than one moment, and at another one at the latest."""
        return self._all(None, col(AccountRow.ends_at) > after, col(AccountRow.ends_at) <= until)

    def stood_in_for(self, account_id: UUID) -> Mapping[str, str]:
        """Return id and name of each person on leave for whom somebody stands in now."""
        now = self._now()
        query = select(col(AccountRow.id), col(AccountRow.name)).where(
            col(AccountRow.stand_in) == account_id,
            col(AccountRow.away_from) <= now,
            col(AccountRow.away_until) > now,
            is_in_office(now),
        )
        with read_transaction(self._engine) as connection:
            return {str(row.id): row.name for row in connection.execute(query)}

    def search(
        self, words: str, agency: str | None, limit: int | None, named_agencies: Collection[str] = ()
    ) -> Sequence[Account]:
        """Return accounts that are not revoked, of one institution or of all, by institution and name.

        Those whose last day is over are among them: a new end date lets the person in again.

        `words` is a part of a name, an e-mail address or the code of an institution; "" matches all. `named_agencies`
        are the codes of the institutions that the words may name.
        """
        columns = (AccountRow.name, AccountRow.email, AccountRow.agency)
        contained = (contains_text(col(column), words.strip(), ignores_case=True) for column in columns)
        matches = or_(*contained, is_one_of(col(AccountRow.agency), named_agencies))
        conditions = () if agency is None else _is_at_desk(agency)
        return self._all(limit, matches, *conditions)

    def has_administrator(self) -> bool:
        """Return True if a person manages the accounts."""
        with read_transaction(self._engine) as connection:
            return active_administrators(connection, self._now()) > 0

    def change(
        self, account_id: UUID, values: Mapping[str, Any], follow_up: Callable[[Connection], None] | None = None
    ) -> None:
        """Set columns of an account. `follow_up` writes what belongs to it in the same transaction."""
        with write_transaction(self._engine) as connection:
            connection.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(values))
            if follow_up:
                follow_up(connection)

    def _first(self, condition: Any) -> Account | None:
        with read_transaction(self._engine) as connection:
            row = connection.execute(_query().where(condition)).one_or_none()
        return _account(row) if row else None

    def _all(self, limit: int | None, *conditions: Any) -> Sequence[Account]:
        query = _query().where(col(AccountRow.revoked_at).is_(None), *conditions)
        query = query.order_by(col(AccountRow.agency), col(AccountRow.name), col(AccountRow.id)).limit(limit)
        with read_transaction(self._engine) as connection:
            return [_account(row) for row in connection.execute(query)]


def _is_at_desk(agency: str) -> tuple[Any, ...]:
    return col(AccountRow.agency) == agency, col(AccountRow.role) != Role.OVERSEER.value


def _has_not_ended(now: datetime) -> ColumnElement[bool]:
    return or_(col(AccountRow.ends_at).is_(None), col(AccountRow.ends_at) > now)


def active_administrators(connection: Connection, now: datetime) -> int:
    """Return the number of administrators who may sign in."""
    query = select(func.count()).where(col(AccountRow.role) == Role.ADMINISTRATOR, is_in_office(now))
    return int(connection.execute(query).scalar_one())


def is_active(connection: Connection, account_id: UUID) -> bool:
    """Return True if the account exists and is not revoked."""
    query = select(col(AccountRow.id)).where(col(AccountRow.id) == account_id, col(AccountRow.revoked_at).is_(None))
    return has_row(connection, query)


def is_gone(connection: Connection, account_id: UUID, now: datetime) -> bool:
    """Return True if the account is revoked, or the last day of the person is over."""
    return has_row(connection, select(col(AccountRow.id)).where(col(AccountRow.id) == account_id, ~is_in_office(now)))


def is_in_office(now: datetime) -> ColumnElement[bool]:
    """Return the condition that the person of a row of `AccountRow` may sign in."""
    return and_(col(AccountRow.revoked_at).is_(None), _has_not_ended(now))


def save_account(connection: Connection, account_id: UUID, values: Mapping[str, Any], now: datetime) -> None:
    """Store a new account, or replace the values of an existing one that has this id."""
    changed = connection.execute(update(AccountRow).where(col(AccountRow.id) == account_id).values(values))
    if not changed_rows(changed):
        new_values = {"wants_digest": True, "created_at": now}
        connection.execute(insert(AccountRow).values({"id": account_id, **new_values, **values}))


def _query() -> Any:
    return select(AccountRow, has_confirmed_factor().label("has_second_factor"))


def _account(row: Any) -> Account:
    values = {name: getattr(row, name) for name in Account.__dataclass_fields__}
    return Account(**{**values, "role": Role(row.role), "has_second_factor": bool(row.has_second_factor)})

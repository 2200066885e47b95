"""Accounts in the database. Decides nothing and records nothing: see `people` and `sign_in`."""

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, func, insert, or_, select, update
from sqlmodel import col

from accounts.invitations import NewPerson
from accounts.mail import AccountChange, AccountNotice
from accounts.permissions import SECOND_FACTOR_ROLES, Actor, Role, actor_label
from accounts.sessions import has_confirmed_factor
from accounts.tables import AccountRow
from config.conditions import contains_text, is_one_of
from config.database import changed_rows, has_row, read_transaction, write_transaction

_MAX_EMAIL_LENGTH = 254


@dataclass(frozen=True, slots=True)
class Account:
    """Person who may sign in, or might until `revoked_at`. `password_hash` is empty without a password."""

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
        return NewPerson(self.email, self.name, self.role, self.agency, self.unit)

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
    """Reads and writes accounts. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def by_id(self, account_id: UUID) -> Account | None:
        """Return an account, also a revoked one."""
        return self._first(col(AccountRow.id) == account_id)

    def by_email(self, email: str) -> Account | None:
        """Return an account, also a revoked one. `email` is normalised."""
        return self._first(col(AccountRow.email) == email)

    def of_agency(self, agency: str) -> Sequence[Account]:
        """Return the accounts of an institution's desk that are not revoked, by name: overseers have none."""
        return self._all(None, *_is_at_desk(agency))

    def search(
        self, words: str, agency: str | None, limit: int | None, named_agencies: Collection[str] = ()
    ) -> Sequence[Account]:
        """Return accounts that are not revoked, of one institution or of all, by institution and name.

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
            return active_administrators(connection) > 0

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


def active_administrators(connection: Connection) -> int:
    """Return the number of administrators who may sign in."""
    query = select(func.count()).where(col(AccountRow.role) == Role.ADMINISTRATOR, col(AccountRow.revoked_at).is_(None))
    return int(connection.execute(query).scalar_one())


def is_active(connection: Connection, account_id: UUID) -> bool:
    """Return True if the account exists and is not revoked."""
    query = select(col(AccountRow.id)).where(col(AccountRow.id) == account_id, col(AccountRow.revoked_at).is_(None))
    return has_row(connection, query)


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

"""Invitations: one-time links by which a person sets a password. Stores and finds them; decides nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, select, update
from sqlmodel import col

from accounts.permissions import Role
from accounts.tables import InvitationRow
from accounts.tokens import token_hash
from config.conditions import ends_with
from config.database import changed_rows, read_transaction, write_transaction

INVITATION_LIMIT = timedelta(hours=72)


class InvalidInvitation(Exception):
    """The link is unknown, was used, was withdrawn, its time is over, or there is an administrator already.

    Its use stands in the audit log if it ended at the same moment: see `NotPossible`.
    """


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Person to invite. For the first administrator, `email` and `name` are empty: the person types them."""

    email: str
    name: str
    role: Role
    agency: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """One-time link. With `account_id` it sets a new password for that account."""

    id: UUID
    account_id: UUID | None
    email: str
    name: str
    role: Role
    agency: str
    invited_by: str
    created_at: datetime
    expires_at: datetime

    @property
    def is_for_first_administrator(self) -> bool:
        """True for the link of a first start. It is void once an administrator exists."""
        return not self.email


class Invitations:
    """Invitations in the database, by the hashes of their tokens. Methods may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], new_token: Callable[[], str]) -> None:
        self._engine = engine
        self._now = now
        self._new_token = new_token

    def store(self, invitation_id: UUID, person: NewPerson, account_id: UUID | None, invited_by: str) -> str:
        """Store an invitation and return its token. Earlier open ones for the same address are withdrawn."""
        now, token = self._now(), self._new_token()
        row = {
            "token_hash": token_hash(token),
            "id": invitation_id,
            "account_id": account_id,
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "agency": person.agency,
            "invited_by": invited_by,
            "created_at": now,
            "expires_at": now + INVITATION_LIMIT,
        }
        with write_transaction(self._engine) as connection:
            withdraw_links(connection, person.email, now)
            connection.execute(insert(InvitationRow).values(row))
        return token

    def open(self, agency: str | None = None) -> Sequence[Invitation]:
        """Return the invitations that can be used now, of one agency or of all, the oldest first."""
        query = self._usable().order_by(col(InvitationRow.created_at), col(InvitationRow.id))
        if agency is not None:
            query = query.where(col(InvitationRow.agency) == agency)
        with read_transaction(self._engine) as connection:
            return [_invitation(row) for row in connection.execute(query)]

    def find(self, token: str) -> Invitation:
        """Return the invitation of a link. Raises `InvalidInvitation`."""
        query = self._usable().where(col(InvitationRow.token_hash) == token_hash(token))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise InvalidInvitation
        return _invitation(row)

    def of_new_person(self, email: str) -> Invitation | None:
        """Return the open invitation of a person without an account. `email` is normalised and not empty."""
        query = self._usable().where(col(InvitationRow.email) == email, col(InvitationRow.account_id).is_(None))
        with read_transaction(self._engine) as connection:
            row = connection.execute(query.order_by(col(InvitationRow.created_at).desc())).first()
        return _invitation(row) if row else None

    def withdraw(self, invitation_id: UUID) -> None:
        """Make the link of an invitation useless."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                update(InvitationRow).where(col(InvitationRow.id) == invitation_id).values(withdrawn_at=self._now())
            )

    def _usable(self) -> Any:
        return select(InvitationRow).where(
            col(InvitationRow.used_at).is_(None),
            col(InvitationRow.withdrawn_at).is_(None),
            col(InvitationRow.expires_at) > self._now(),
        )


def withdraw_links(connection: Connection, email: str, now: datetime) -> None:
    """Make all open links for an address useless."""
    connection.execute(
        update(InvitationRow).where(col(InvitationRow.email) == email, *_UNUSED).values(withdrawn_at=now)
    )


def withdraw_links_made_by(connection: Connection, account_id: UUID, now: datetime) -> None:
    """Make all open links useless that a person has made. `invited_by` ends with the account: see `actor_label`."""
    made_by_person = ends_with(col(InvitationRow.invited_by), f" [{account_id}]")
    connection.execute(update(InvitationRow).where(made_by_person, *_UNUSED).values(withdrawn_at=now))


def mark_used(connection: Connection, invitation_id: UUID, now: datetime) -> None:
    """Mark an invitation as used. Raises `InvalidInvitation` if it was used or withdrawn meanwhile."""
    used = connection.execute(
        update(InvitationRow).where(col(InvitationRow.id) == invitation_id, *_UNUSED).values(used_at=now)
    )
    if not changed_rows(used):
        raise InvalidInvitation


_UNUSED = (col(InvitationRow.used_at).is_(None), col(InvitationRow.withdrawn_at).is_(None))


def _invitation(row: Any) -> Invitation:
    values = {name: getattr(row, name) for name in Invitation.__dataclass_fields__}
    return Invitation(**{**values, "role": Role(row.role)})

"""Invitations: one-time links by which a person sets a password. Stores and finds them; decides nothing."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
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
# Time to use a link that a person asked for on the sign-in page.
FORGOTTEN_PASSWORD_LIMIT = timedelta(minutes=30)
# Maker of such a link.
SIGN_IN_PAGE = "sign-in page"
# Stores the e-mail with a link, in the transaction of its invitation.
QueueLink = Callable[[Connection, "Invitation", str], None]


class InvalidInvitation(Exception):
    """The link is unknown, was used, was withdrawn, its time is over, or there is an administrator already.

    Its use stands in the audit log if it ended at the same moment: see `NotPossible`.
    """


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Person to invite. For the first administrator, `email` and `name` are empty: the person types them.

    `unit` is the code of the unit of an officer. `decree` and `decree_date` name the decree that appoints the person.
    From `ends_at` on the person cannot sign in.
    """

    email: str
    name: str
    role: Role
    agency: str = ""
    unit: str = ""
    decree: str = ""
    decree_date: date | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Invitation:
    """One-time link. With `account_id` it sets a new password for that account."""

    id: UUID
    account_id: UUID | None
    email: str
    name: str
    role: Role
    agency: str
    unit: str
    decree: str
    decree_date: date | None
    ends_at: datetime | None
    invited_by: str
    created_at: datetime
    expires_at: datetime

    @property
    def is_for_first_administrator(self) -> bool:
        """True for the link of a first start. It is void once an administrator exists."""
        return not self.email

    @property
    def is_for_forgotten_password(self) -> bool:
        """True for a link that the person asked for on the sign-in page."""
        return self.invited_by == SIGN_IN_PAGE

    @property
    def lifetime(self) -> timedelta:
        """Time in which the link can be used."""
        return self.expires_at - self.created_at

    @property
    def person(self) -> NewPerson:
        """The person who is invited."""
        return NewPerson(
            self.email, self.name, self.role, self.agency, self.unit, self.decree, self.decree_date, self.ends_at
        )


class Invitations:
    """Invitations in the database, by the hashes of their tokens. Methods may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], new_token: Callable[[], str]) -> None:
        self._engine = engine
        self._now = now
        self._new_token = new_token

    def store(
        self, invitation_id: UUID, person: NewPerson, account_id: UUID | None, invited_by: str, queue_link: QueueLink
    ) -> str:
        """Store an invitation and return its token. Earlier open ones for the same address are withdrawn."""
        return self._store(invitation_id, person, account_id, invited_by, INVITATION_LIMIT, queue_link)

    def store_forgotten(self, invitation_id: UUID, person: NewPerson, account_id: UUID, queue_link: QueueLink) -> None:
        """Store a link for a person who forgot the password.

        Other links for the address stay: anybody can ask for this one, and must not take away those that count.
        """
        self._store(invitation_id, person, account_id, SIGN_IN_PAGE, FORGOTTEN_PASSWORD_LIMIT, queue_link)

    def _store(
        self,
        invitation_id: UUID,
        person: NewPerson,
        account_id: UUID | None,
        invited_by: str,
        limit: timedelta,
        queue_link: QueueLink,
    ) -> str:
        now, token = self._now(), self._new_token()
        invitation = Invitation(
            id=invitation_id,
            account_id=account_id,
            email=person.email,
            name=person.name,
            role=person.role,
            agency=person.agency,
            unit=person.unit,
            decree=person.decree,
            decree_date=person.decree_date,
            ends_at=person.ends_at,
            invited_by=invited_by,
            created_at=now,
            expires_at=now + limit,
        )
        with write_transaction(self._engine) as connection:
            if not invitation.is_for_forgotten_password:
                withdraw_links(connection, person.email, now)
            connection.execute(insert(InvitationRow).values(asdict(invitation) | {"token_hash": token_hash(token)}))
            queue_link(connection, invitation, token)
        return token

    def open(self, agency: str | None = None) -> Sequence[Invitation]:
        """Return the invitations that can be used now, of one agency or of all, the oldest first."""
        query = self._usable().order_by(col(InvitationRow.created_at), col(InvitationRow.id))
        if agency is not None:
            query = query.where(col(InvitationRow.agency) == agency, col(InvitationRow.role) != Role.OVERSEER.value)
        with read_transaction(self._engine) as connection:
            return [_invitation(row) for row in connection.execute(query)]

    def expired(self, agency: str | None, limit: int) -> Sequence[Invitation]:
        """Return invitations of new persons that nobody used in time, of one agency or of all, the newest first."""
        query = select(InvitationRow).where(
            *_UNUSED,
            col(InvitationRow.expires_at) <= self._now(),
            col(InvitationRow.account_id).is_(None),
            col(InvitationRow.email) != "",
        )
        if agency is not None:
            query = query.where(col(InvitationRow.agency) == agency, col(InvitationRow.role) != Role.OVERSEER.value)
        query = query.order_by(col(InvitationRow.created_at).desc(), col(InvitationRow.id)).limit(limit)
        with read_transaction(self._engine) as connection:
            return [_invitation(row) for row in connection.execute(query)]

    def unused(self, invitation_id: UUID) -> Invitation | None:
        """Return an invitation that is not used and not withdrawn, also an expired one; None if there is none."""
        query = select(InvitationRow).where(col(InvitationRow.id) == invitation_id, *_UNUSED)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        return _invitation(row) if row else None

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
        return select(InvitationRow).where(*_UNUSED, col(InvitationRow.expires_at) > self._now())


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

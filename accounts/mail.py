"""Port of the e-mail to persons who sign in: one-time links, and notices that the account was changed."""

from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias
from uuid import UUID

from sqlalchemy import Connection

from accounts.invitations import Invitation
from accounts.permissions import Role

AccountChange: TypeAlias = Literal[
    "created", "password_set", "password_changed", "second_factor_added", "second_factor_removed", "revoked"
]


@dataclass(frozen=True, slots=True)
class AccountNotice:
    """Change that the person of an account hears of. `by` is who made it; empty for the person."""

    account_id: UUID
    email: str
    role: Role
    agency: str
    change: AccountChange
    by: str = ""


class AccountMail(Protocol):
    """E-mail to persons who sign in. Each mail is stored in the transaction of its cause, and sent later.

    Methods may raise `DatabaseUnavailable`.
    """

    @property
    def is_sent(self) -> bool:
        """Return whether the service has a mail server."""
        ...

    def send_link(self, connection: Connection, invitation: Invitation, token: str) -> None:
        """Send the link of a token to the address of an invitation. Without an address nothing is sent."""
        ...

    def send_notice(self, connection: Connection, notice: AccountNotice) -> None:
        """Tell a person that the account was changed."""
        ...


class NoAccountMail:
    """See `AccountMail`. A service without a mail server sends nothing."""

    is_sent = False

    def send_link(self, connection: Connection, invitation: Invitation, token: str) -> None:
        """Do nothing."""

    def send_notice(self, connection: Connection, notice: AccountNotice) -> None:
        """Do nothing."""

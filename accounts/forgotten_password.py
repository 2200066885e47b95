"""Forgotten password: a one-time link by e-mail, for whoever asks on the sign-in page. The second factor stays on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import structlog

from accounts.account_store import AccountStore, normalized_email
from accounts.authentication.attempts import AttemptLimits, TooManyAttempts
from accounts.authentication.sign_in import Record
from accounts.invitations import SIGN_IN_PAGE, Invitations
from accounts.mail import AccountMail
from config.database import DatabaseUnavailable

_log = structlog.get_logger()


class ForgottenPassword:
    """Sends the links. Who asks learns nothing: `send_link` works after the answer, and the answer is always the same.

    A person without a password signs in by OIDC only, and gets no link: the provider decides about the sign-in.
    """

    def __init__(
        self,
        accounts: AccountStore,
        invitations: Invitations,
        limits: AttemptLimits,
        record: Record,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        mail: AccountMail,
    ) -> None:
        self._accounts = accounts
        self._invitations = invitations
        self._limits = limits
        self._record = record
        self._now = now
        self._new_id = new_id
        self._mail = mail

    @property
    def is_possible(self) -> bool:
        """Return whether the service can send a link."""
        return self._mail.is_sent

    def count_request(self, address: str) -> None:
        """Count a request from a network address. Raises `TooManyAttempts` and `DatabaseUnavailable`."""
        self._limits.count_link_request(address)

    def send_link(self, typed_email: str) -> None:
        """Send a link if the address has an account with a password, up to a limit. Never raises."""
        email = normalized_email(typed_email)
        if not (email and self.is_possible):
            return
        try:
            self._limits.count_link(email)
            account = self._accounts.by_email(email)
            if account is None or account.revoked_at or account.has_ended(self._now()) or not account.password_hash:
                return
            self._record("account.password_link_mailed", str(account.id), SIGN_IN_PAGE, "forgotten", self._now())
            self._invitations.store_forgotten(self._new_id(), account.person, account.id, self._mail.send_link)
        except TooManyAttempts:
            return
        except DatabaseUnavailable as error:
            _log.warning("account.link_unsent", cause=str(error))

"""Acts of a person on the own account. Each is recorded in the audit log before its effect."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from accounts.account_store import Account, AccountStore
from accounts.authentication.passwords import Passwords, WeakPassword, password_fault
from accounts.authentication.second_factor import SecondFactors
from accounts.authentication.sign_in import Record
from accounts.invitations import withdraw_links
from accounts.mail import AccountMail, AccountNotice
from accounts.permissions import Actor, actor_label
from accounts.sessions import Sessions

# Reason of acts on the own page, for the audit log.
OWN_PAGE = "own page"


class OwnAccount:
    """Changes of the own password, sessions and second factor. Methods may raise `DatabaseUnavailable`.

    The present password is checked before: see `SignIn.is_own_password`.
    """

    def __init__(
        self,
        accounts: AccountStore,
        passwords: Passwords,
        sessions: Sessions,
        second_factors: SecondFactors,
        record: Record,
        now: Callable[[], datetime],
        public_words: Callable[[], Collection[str]],
        mail: AccountMail,
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._sessions = sessions
        self._second_factors = second_factors
        self._record = record
        self._now = now
        self._public_words = public_words
        self._mail = mail

    def change_password(self, account: Account, password: str) -> None:
        """Store a new password. All sessions and open links of the person end. Raises `WeakPassword`."""
        if fault := password_fault(password, account.name, account.email, self._public_words()):
            raise WeakPassword(fault)
        password_hash = self._passwords.hash(password)
        self._note("account.password_changed", account.actor, str(account.id))

        def follow_up(connection: Connection) -> None:
            withdraw_links(connection, account.email, self._now())
            self._mail.send_notice(connection, account.notice("password_changed"))

        self._accounts.change(account.id, {"password_hash": password_hash}, follow_up)
        self._sessions.end_all(account.id)

    def end_session(self, actor: Actor, session_id: UUID) -> None:
        """End a session of the person, if it is one of theirs."""
        if any(session.id == session_id for session in self._sessions.of_account(actor.account_id)):
            self._note("session.ended", actor, str(session_id))
            self._sessions.end(actor.account_id, session_id)

    def end_other_sessions(self, actor: Actor, session_id: UUID) -> None:
        """End all sessions of the person but for one."""
        self._note("account.sessions_ended", actor, str(actor.account_id))
        self._sessions.end_all(actor.account_id, except_id=session_id)

    def new_second_factor(self, account: Account) -> str:
        """Return a new secret to add to the app. Empty if the second factor is on, or if there is no password."""
        return self._second_factors.prepare(account.id) if account.password_hash else ""

    def unconfirmed_second_factor(self, account: Account) -> str:
        """Return the secret that the person has added already and must confirm; empty without one."""
        return self._second_factors.unconfirmed_secret(account.id)

    def switch_on_second_factor(self, account: Account, code: str) -> Sequence[str]:
        """Switch the second factor on if the code is right. Return the recovery codes, none if it is wrong.

        All sessions of the person end.
        """
        if not self._second_factors.is_right_code(account.id, code):
            return []
        self._note("account.second_factor_added", account.actor, str(account.id))
        tell = self._teller(account.notice("second_factor_added"))
        recovery_codes = self._second_factors.confirm(account.id, code, tell)
        self._sessions.end_all(account.id)
        return recovery_codes

    def switch_off_second_factor(self, account: Account) -> None:
        """Switch the second factor off. All sessions of the person end."""
        self._note("account.second_factor_removed", account.actor, str(account.id))
        self._second_factors.remove(account.id, self._teller(account.notice("second_factor_removed")))
        self._sessions.end_all(account.id)

    def remaining_recovery_codes(self, account_id: UUID) -> int:
        """Return the number of unused recovery codes."""
        return self._second_factors.remaining_recovery_codes(account_id)

    def _teller(self, notice: AccountNotice) -> Callable[[Connection], None]:
        """Return what tells the person of a change, in the transaction of the change."""
        return lambda connection: self._mail.send_notice(connection, notice)

    def _note(self, action: str, actor: Actor, subject: str) -> None:
        self._record(action, subject, actor_label(actor), OWN_PAGE, self._now())

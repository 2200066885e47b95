"""Use of an invitation: the person sets a password, or signs in by OIDC, and the account is created."""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from accounts.account_store import (
    NO_LEAVE,
    AccountStore,
    active_administrators,
    is_active,
    normalized_email,
    save_account,
)
from accounts.authentication.passwords import Passwords, WeakPassword, password_fault
from accounts.authentication.sign_in import Record
from accounts.invitations import (
    InvalidInvitation,
    Invitation,
    Invitations,
    NewPerson,
    mark_used,
    withdraw_links,
)
from accounts.mail import AccountChange, AccountMail, AccountNotice
from accounts.person_checks import NotPossible, check_person
from accounts.sessions import Sessions
from config.database import DatabaseLock, lock_until_commit, write_transaction


class Acceptance:
    """Creates accounts from invitations, and sets new passwords. Records each in the audit log before its effect."""

    def __init__(
        self,
        engine: Engine,
        accounts: AccountStore,
        invitations: Invitations,
        passwords: Passwords,
        sessions: Sessions,
        record: Record,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        public_words: Callable[[], Collection[str]],
        mail: AccountMail,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._invitations = invitations
        self._passwords = passwords
        self._sessions = sessions
        self._record = record
        self._now = now
        self._new_id = new_id
        self._public_words = public_words
        self._mail = mail

    def accept(self, token: str, password: str, email: str = "", name: str = "") -> UUID:
        """Use a link: store the password, and the account if it is new. Return its id.

        `email` and `name` count only for an invitation without them. Raises `InvalidInvitation`, `WeakPassword`, and
        `NotPossible` for an unusable name or address. All sessions of the person end.
        """
        invitation = self._invitations.find(token)
        person = replace(
            invitation.person,
            email=invitation.email or normalized_email(email),
            name=invitation.name or name.strip(),
        )
        check_person(person)
        if fault := password_fault(password, person.name, person.email, self._public_words()):
            raise WeakPassword(fault)
        return self._use(invitation, person, self._passwords.hash(password), "invitation")

    def accept_by_oidc(self, email: str) -> UUID | None:
        """Use the open invitation for an address that the OIDC provider has verified, without a password.

        Return the id of the new account, None without an invitation. Raises `InvalidInvitation` and `NotPossible`.
        """
        invitation = self._invitations.of_new_person(email) if email else None
        if invitation is None:
            return None
        check_person(invitation.person)
        return self._use(invitation, invitation.person, "", "invitation and OIDC")

    def _use(self, invitation: Invitation, person: NewPerson, password_hash: str, why: str) -> UUID:
        """Use an invitation once, whoever else tries at the same time."""
        now = self._now()
        if invitation.is_for_first_administrator and self._accounts.has_administrator():
            raise InvalidInvitation
        account = self._accounts.by_email(person.email)
        if account and not account.revoked_at and account.id != invitation.account_id:
            raise NotPossible("account_exists")
        account_id = account.id if account else self._new_id()
        is_new = invitation.account_id is None
        action = "account.created" if is_new else "account.password_set"
        self._record(action, str(account_id), f"{person.name} [{account_id}]", f"{why} {invitation.id}", now)
        values = {
            "email": person.email,
            "name": person.name,
            "role": person.role,
            "agency": person.agency,
            "password_hash": password_hash,
            "revoked_at": None,
            # A link for a new password leaves the person in the unit and the appointment of now.
            **(_appointment(person) if is_new else {}),
        }
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            # An administrator may have come since the check above.
            if invitation.is_for_first_administrator and active_administrators(connection, now):
                raise InvalidInvitation
            # The account may have been revoked while the link was made: a link never gives access back.
            if not is_new and not is_active(connection, account_id):
                raise InvalidInvitation
            mark_used(connection, invitation.id, now)
            withdraw_links(connection, person.email, now)
            save_account(connection, account_id, values, now)
            change: AccountChange = "created" if is_new else "password_set"
            notice = AccountNotice(account_id, person.email, person.role, person.agency, change)
            self._mail.send_notice(connection, notice)
        self._sessions.end_all(account_id)
        return account_id


def _appointment(person: NewPerson) -> dict[str, Any]:
    """Return unit and appointment of a person whose account begins, without the leave of an earlier one."""
    appointment = {"unit": person.unit, "decree": person.decree, "decree_date": person.decree_date}
    return {**appointment, "ends_at": person.ends_at, "released_at": None, **NO_LEAVE}

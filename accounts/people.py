"""Management of persons: invitations, new links, revocation, unlocking. Each act is recorded before its effect."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Engine, update
from sqlmodel import col

from accounts.account_store import Account, AccountStore, active_administrators
from accounts.appointments import Appointment, Appointments
from accounts.authentication.attempts import AttemptLimits
from accounts.authentication.second_factor import SecondFactors
from accounts.authentication.sign_in import Record
from accounts.invitations import Invitations, NewPerson, withdraw_links, withdraw_links_made_by
from accounts.mail import AccountMail
from accounts.permissions import (
    AGENCY_ROLES,
    CASE_ROLES,
    UNIT_ROLES,
    Act,
    Actor,
    Role,
    may,
    person_name,
    role_fits_agency,
)
from accounts.person_checks import NotPossible, check_person
from accounts.sessions import Sessions
from accounts.tables import AccountRow
from config.database import DatabaseLock, lock_until_commit, read_transaction, write_transaction

# Returns code and name of each unit of an institution, in the order of its tree.
FindUnits: TypeAlias = Callable[[str], Sequence[tuple[str, str]]]
# Takes the cases of a person away, in the transaction of the change: all, or with the code of the person's new unit
# those that the person does not see there.
ReleaseCases: TypeAlias = Callable[[Connection, Account, str | None], None]


def may_manage(actor: Actor, role: Role, agency: str) -> bool:
    """Return True if the person may invite and revoke persons of this role and agency.

    A coordinator manages the officers and heads of the own agency, and no other coordinator.
    """
    if may(actor, Act.MANAGE_ACCOUNTS, agency):
        return True
    return role in UNIT_ROLES and may(actor, Act.MANAGE_OFFICERS, agency)


class People:
    """Invites, changes and revokes persons. Whether the actor may do it is checked before: see `may_manage`.

    `is_agency` returns True for the code of an institution of the registry, `find_units` has the units of one.
    `release` takes the cases of a person who leaves away. `record` appends to the audit log.
    Methods may raise `NotPossible` and `DatabaseUnavailable`. `by` is the actor as the audit log names them.
    """

    def __init__(
        self,
        engine: Engine,
        accounts: AccountStore,
        appointments: Appointments,
        invitations: Invitations,
        sessions: Sessions,
        second_factors: SecondFactors,
        limits: AttemptLimits,
        is_agency: Callable[[str], bool],
        find_units: FindUnits,
        release: ReleaseCases,
        record: Record,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        mail: AccountMail,
    ) -> None:
        self._engine = engine
        self._accounts = accounts
        self._appointments = appointments
        self._invitations = invitations
        self._sessions = sessions
        self._second_factors = second_factors
        self._limits = limits
        self._is_agency = is_agency
        self._find_units = find_units
        self._release = release
        self._record = record
        self._now = now
        self._new_id = new_id
        self._mail = mail

    def invite(self, person: NewPerson, by: str, why: str, last_day: date | None = None) -> str:
        """Store an invitation, mail its link and return its token. Earlier open ones for the address are withdrawn.

        `last_day` is the last day on which the person may sign in.
        """
        check_person(person)
        if not role_fits_agency(person.role, person.agency):
            raise NotPossible("role_without_agency")
        if person.role in AGENCY_ROLES and not self._is_agency(person.agency):
            raise NotPossible("agency_unknown")
        self._check_unit(person.role, person.agency, person.unit)
        appointment = Appointment(person.decree, person.decree_date, last_day)
        ends_at = self._appointments.checked_end(person.agency, appointment) or person.ends_at
        person = replace(person, ends_at=ends_at)
        former = self._accounts.by_email(person.email) if person.email else None
        if former and not former.revoked_at:
            raise NotPossible("account_exists")
        return self._store_invitation(person, None, "account.invited", by, why)

    def invite_first_administrator(self) -> str:
        """Return the token of a link for the first administrator, empty if there is an administrator already."""
        if self._accounts.has_administrator():
            return ""
        person = NewPerson("", "", Role.ADMINISTRATOR)
        return self._store_invitation(person, None, "account.invited", "first start", "no administrator yet")

    def renew_invitation(self, invitation_id: UUID, by: str, why: str) -> str:
        """Invite the person of an invitation again, also of an expired one. Return the token of the new link."""
        invitation = self._invitations.unused(invitation_id)
        if invitation is None or invitation.account_id is not None:
            raise NotPossible("no_such_invitation")
        return self.invite(invitation.person, by, why)

    def new_password_link(self, account_id: UUID, by: str, why: str) -> str:
        """Mail a link by which a person sets a new password, and return its token."""
        account = self._active(account_id)
        return self._store_invitation(account.person, account.id, "account.password_link_made", by, why)

    def revoke(self, account_id: UUID, by: str, why: str) -> None:
        """Revoke an account. The last administrator cannot be revoked, nor the last person without a unit.

        Its sessions, its open links and the open invitations that the person made end at once, and nobody has the cases
        that the person had.
        """
        account = self._active(account_id)
        if account.role is Role.ADMINISTRATOR and self._is_last_administrator():
            raise NotPossible("last_administrator")
        self._check_leaving(account)
        now = self._now()
        self._record("account.revoked", str(account_id), by, why, now)
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            if account.role is Role.ADMINISTRATOR and active_administrators(connection, now) <= 1:
                raise NotPossible("last_administrator")
            connection.execute(
                update(AccountRow)
                .where(col(AccountRow.id) == account_id)
                .values(revoked_at=now, released_at=now, password_hash="")  # no password of a revoked person is kept
            )
            self._release(connection, account, None)
            withdraw_links(connection, account.email, now)
            withdraw_links_made_by(connection, account_id, now)
            self._mail.send_notice(connection, account.notice("revoked", person_name(by)))
        self._sessions.end_all(account_id)
        self._second_factors.remove(account_id)

    def withdraw_invitation(self, invitation_id: UUID, by: str, why: str) -> None:
        """Make the link of an invitation useless. An expired one is not listed any more."""
        if self._invitations.unused(invitation_id) is None:
            raise NotPossible("no_such_invitation")
        self._record("account.invitation_withdrawn", str(invitation_id), by, why, self._now())
        self._invitations.withdraw(invitation_id)

    def unlock(self, account_id: UUID, by: str, why: str) -> None:
        """Forget the failed attempts at an account, so that the person need not wait any more."""
        account = self._active(account_id)
        self._record("account.unlocked", str(account_id), by, why, self._now())
        self._limits.forget(account_id, account.email)

    def change_unit(self, account_id: UUID, unit: str, by: str, why: str) -> None:
        """Give an officer or a head to another unit of the institution; with an empty code to the whole institution.

        Nobody has those cases any more that the person had and does not see there.
        """
        account = self._active(account_id)
        self._check_unit(account.role, account.agency, unit, account_id)
        self._appointments.check_new_unit(account, unit)
        self._record("account.unit_changed", f"{account_id} {unit or 'no unit'}", by, why, self._now())

        def release(connection: Connection) -> None:
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            self._release(connection, account, unit)

        self._accounts.change(account_id, {"unit": unit}, release)

    def end_sessions(self, account_id: UUID, by: str, why: str) -> int:
        """End all sessions of a person. Return their number."""
        self._record("account.sessions_ended", str(account_id), by, why, self._now())
        return self._sessions.end_all(account_id)

    def remove_second_factor(self, account_id: UUID, by: str, why: str) -> None:
        """Switch off the second factor of a person who lost the device. All sessions of the person end."""
        account = self._active(account_id)
        self._record("account.second_factor_removed", str(account_id), by, why, self._now())
        notice = account.notice("second_factor_removed", person_name(by))
        self._second_factors.remove(account_id, lambda connection: self._mail.send_notice(connection, notice))
        self._sessions.end_all(account_id)

    def _store_invitation(self, person: NewPerson, account_id: UUID | None, action: str, by: str, why: str) -> str:
        invitation_id = self._new_id()
        self._record(action, str(account_id or invitation_id), by, why, self._now())
        return self._invitations.store(invitation_id, person, account_id, by, self._mail.send_link)

    def _check_unit(self, role: Role, agency: str, unit: str, account_id: UUID | None = None) -> None:
        """Raise `NotPossible` if a person of this role and institution cannot belong to a unit.

        Somebody else must work on the cases that have no unit: without such a person new cases would lie unseen.
        """
        if not unit:
            return
        if role not in UNIT_ROLES:
            raise NotPossible("unit_not_for_role")
        if unit not in dict(self._find_units(agency)):
            raise NotPossible("unit_unknown")
        if not any(not item.unit and item.id != account_id for item in self._workers(agency)):
            raise NotPossible("nobody_without_unit")

    def _check_leaving(self, account: Account) -> None:
        """Raise `NotPossible` if only officers of units would be left at the institution."""
        if account.unit or account.role not in CASE_ROLES or account.has_ended(self._now()):
            return
        left = [item for item in self._workers(account.agency) if item.id != account.id]
        if left and all(item.unit for item in left):
            raise NotPossible("last_without_unit")

    def _workers(self, agency: str) -> Sequence[Account]:
        """Return the persons who work on the cases of an institution."""
        return [account for account in self._accounts.of_agency(agency) if account.role in CASE_ROLES]

    def _active(self, account_id: UUID) -> Account:
        account = self._accounts.by_id(account_id)
        if account is None or account.revoked_at:
            raise NotPossible("no_such_account")
        return account

    def _is_last_administrator(self) -> bool:
        with read_transaction(self._engine) as connection:
            return active_administrators(connection, self._now()) <= 1

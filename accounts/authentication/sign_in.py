"""Sign-in: password, second factor and OIDC. Every sign-in is recorded before the session begins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from accounts.account_store import Account, AccountStore, normalized_email
from accounts.authentication.attempts import Attempt, AttemptLimits
from accounts.authentication.known_devices import KnownDevices
from accounts.authentication.passwords import Passwords
from accounts.authentication.pending_sign_ins import PendingSignIns
from accounts.authentication.second_factor import SecondFactors
from accounts.permissions import Actor, actor_label
from accounts.sessions import Sessions

# Appends to the audit log: action, ids of the subjects, actor, reason, time.
Record: TypeAlias = Callable[[str, str, str, str, datetime], object]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The person is signed in. `token` is that of the new session, `device_token` that of the device from now on.

    `sets_up_second_factor`: a second factor is needed before anything else, or is proposed at the first sign-in.
    """

    token: str
    continue_at: str
    device_token: str
    sets_up_second_factor: bool = False


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """The password was right. `token` is that of the pending sign-in."""

    token: str


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The name or the password was wrong, or the account is revoked: the person does not learn which."""


@dataclass(frozen=True, slots=True)
class AccountEnded:
    """The password was right, and the last day of the person is over."""

    account: Account


@dataclass(frozen=True, slots=True)
class PendingEnded:
    """The pending sign-in has ended: its time is over, or too many codes were wrong."""


class SignIn:
    """Checks who signs in. Methods may raise `TooManyAttempts` and `DatabaseUnavailable`.

    `device` is the coarse name of a device, `device_token` its token (see `KnownDevices`), empty if it has none.
    `record` appends to the audit log. A failure alone is not recorded: anybody could fill the log. The last allowed
    failure is, so that guessing is seen.
    """

    def __init__(
        self,
        accounts: AccountStore,
        passwords: Passwords,
        limits: AttemptLimits,
        known_devices: KnownDevices,
        sessions: Sessions,
        pending: PendingSignIns,
        second_factors: SecondFactors,
        record: Record,
        now: Callable[[], datetime],
    ) -> None:
        self._accounts = accounts
        self._passwords = passwords
        self._limits = limits
        self._known_devices = known_devices
        self._sessions = sessions
        self._pending = pending
        self._second_factors = second_factors
        self._record = record
        self._now = now

    def with_password(
        self, typed_email: str, password: str, address: str, device: str, continue_at: str, device_token: str = ""
    ) -> SessionStarted | SecondFactorNeeded | AccountEnded | SignInRefused:
        """Sign in by e-mail address and password, from a network address."""
        email = normalized_email(typed_email)
        attempt = self._limits.begin(email or typed_email, address, self._known_devices.find(device_token, email))
        account = self._active_account(email)
        if not self._passwords.verify(account.password_hash if account else "", password) or account is None:
            self._record_if_last(attempt, str(account.id) if account else "unknown")
            return SignInRefused()
        self._limits.take_back(attempt)
        if account.has_ended(self._now()):
            return AccountEnded(account)
        if self._passwords.needs_rehash(account.password_hash):
            self._accounts.change(account.id, {"password_hash": self._passwords.hash(password)})
        if account.has_second_factor:
            return SecondFactorNeeded(self._pending.start_second_factor(account.id, continue_at))
        return self._start(account, "password", device, continue_at, device_token)

    def with_second_factor(
        self, token: str, code: str, device: str, device_token: str = ""
    ) -> SessionStarted | SignInRefused | PendingEnded:
        """Complete a sign-in by a code of the app or a recovery code."""
        pending = self._pending.find(token)
        account = self._accounts.by_id(pending.account_id) if pending and pending.account_id else None
        if pending is None or account is None or account.revoked_at or account.has_ended(self._now()):
            return PendingEnded()
        known_device = self._known_devices.find(device_token, account.email)
        attempt = self._limits.begin_second_factor(account.id, account.email, known_device)
        self._pending.count_attempt(token)
        if not self._second_factors.use(account.id, code):
            self._record_if_last(attempt, str(account.id))
            return SignInRefused()
        self._limits.take_back(attempt)
        if self._pending.take(token) is None or not self._active_account(account.email):
            return PendingEnded()
        return self._start(account, "password and second factor", device, pending.continue_at, device_token)

    def with_oidc(
        self, account: Account, device: str, continue_at: str, device_token: str = ""
    ) -> SessionStarted | SecondFactorNeeded | AccountEnded:
        """Sign in a person whom the OIDC provider named. A second factor of ours is asked for too."""
        if account.has_ended(self._now()):
            return AccountEnded(account)
        if account.has_second_factor:
            return SecondFactorNeeded(self._pending.start_second_factor(account.id, continue_at))
        return self._start(account, "OIDC", device, continue_at, device_token)

    def is_own_password(self, actor: Actor, password: str, address: str, device_token: str = "") -> bool:
        """Return True if the person who is signed in typed the own password. Counts as an attempt to sign in."""
        account = self._accounts.by_id(actor.account_id)
        if account is None:
            return False
        attempt = self._limits.begin(account.email, address, self._known_devices.find(device_token, account.email))
        if not self._passwords.verify(account.password_hash, password):
            self._record_if_last(attempt, str(account.id))
            return False
        self._limits.take_back(attempt)
        return True

    def sign_out(self, actor: Actor, session_id: UUID) -> None:
        """End the session of this browser."""
        self._record("session.ended", str(session_id), actor_label(actor), "signed out", self._now())
        self._sessions.end(actor.account_id, session_id)

    def _active_account(self, email: str) -> Account | None:
        account = self._accounts.by_email(email)
        return account if account and not account.revoked_at else None

    def _record_if_last(self, attempt: Attempt, account: str) -> None:
        if attempt.is_last:
            self._record("account.sign_in_limited", account, account, "too many failures", self._now())

    def _start(self, account: Account, method: str, device: str, continue_at: str, device_token: str) -> SessionStarted:
        now = self._now()
        self._record("account.signed_in", str(account.id), account.label, method, now)
        self._accounts.change(account.id, {"last_sign_in_at": now})
        token = self._sessions.start(account.id, device)
        is_first = account.last_sign_in_at is None and method == "password"
        sets_up = not account.has_second_factor and (is_first or account.must_have_second_factor)
        return SessionStarted(token, continue_at, self._known_devices.add_person(device_token, account.email), sets_up)

"""Limits of sign-in attempts. They are in the database, so that all processes share them.

An attempt counts before the password is checked and is taken back after a success. Guesses at the same time can
therefore not exceed a limit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlmodel import col

from accounts.tables import SignInAttemptRow
from accounts.tokens import keyed_hash
from config.conditions import is_one_of
from config.database import DatabaseLock, lock_until_commit, write_transaction

_log = structlog.get_logger()


class Limit(NamedTuple):
    """Largest number of attempts in a time."""

    attempts: int
    period: timedelta


# An officer behind the network of an office is limited alone; a stranger elsewhere cannot use up that limit.
ACCOUNT_IN_NETWORK = Limit(8, timedelta(minutes=15))
# Guesses from many networks. NIST SP 800-63B, 5.2.2, allows 100 failures in a row.
ACCOUNT = Limit(40, timedelta(hours=1))
# Guesses at many accounts from one network. An office of many officers has one address.
NETWORK = Limit(60, timedelta(minutes=15))
# Codes of a second factor, typed by somebody who knows the password already.
SECOND_FACTOR = Limit(20, timedelta(hours=24))
# Failures on a device on which the person has signed in before. Guesses elsewhere cannot use up this limit.
KNOWN_DEVICE = Limit(8, timedelta(minutes=15))
# Links for a forgotten password that one network may ask for, whoever has the accounts.
LINKS_FOR_NETWORK = Limit(20, timedelta(hours=1))
# Such links to one address: nobody fills the mailbox of a person.
LINKS_TO_ADDRESS = (Limit(3, timedelta(hours=1)), Limit(6, timedelta(hours=24)))
_LONGEST_PERIOD = max(
    limit.period
    for limit in (
        ACCOUNT_IN_NETWORK,
        ACCOUNT,
        NETWORK,
        SECOND_FACTOR,
        KNOWN_DEVICE,
        LINKS_FOR_NETWORK,
        *LINKS_TO_ADDRESS,
    )
)

# Returns name and budget of each network of an address, the narrowest first. The budget multiplies the limit.
FindNetworks = Callable[[str], Sequence[tuple[str, int]]]


class TooManyAttempts(Exception):
    """The limit is reached. `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Attempt:
    """Counted attempt. `is_last`: a further failure in this time will be refused."""

    id: UUID
    is_last: bool


class _Counter(NamedTuple):
    subject: str
    limit: Limit
    # The network's own limit says nothing about one account.
    is_of_account: bool


class AttemptLimits:
    """Counts attempts by account and network. `key` hides what was typed: it may be a password by mistake."""

    def __init__(
        self,
        engine: Engine,
        key: bytes,
        find_networks: FindNetworks,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._engine = engine
        self._key = key
        self._find_networks = find_networks
        self._now = now
        self._new_id = new_id

    def begin(self, email: str, address: str, known_device: str = "") -> Attempt:
        """Count an attempt to sign in with this name from this address. Raises `TooManyAttempts`.

        A name without an account counts as one with an account does. `known_device` is the id of a device on which
        this person has signed in before: attempts on it have a counter of their own and count nowhere else.
        """
        if known_device:
            device = self._subject("known-device", email, known_device)
            return self._count([_Counter(device, KNOWN_DEVICE, is_of_account=True)], self._devices(email))
        networks = self._find_networks(address)
        narrowest = networks[0][0] if networks else ""
        counters = [
            _Counter(self._subject("account-network", email, narrowest), ACCOUNT_IN_NETWORK, is_of_account=True),
            _Counter(self._account(email), ACCOUNT, is_of_account=True),
        ]
        for name, budget in networks:
            limit = Limit(NETWORK.attempts * budget, NETWORK.period)
            counters.append(_Counter(self._subject("network", name), limit, is_of_account=False))
        return self._count(counters)

    def begin_second_factor(self, account_id: UUID, email: str, known_device: str = "") -> Attempt:
        """Count a typed code of a second factor, as `begin` counts a password. Raises `TooManyAttempts`."""
        if known_device:
            device = self._subject("second-factor-device", email, known_device)
            return self._count([_Counter(device, SECOND_FACTOR, is_of_account=True)], self._devices(email))
        return self._count([_Counter(self._second_factor(account_id), SECOND_FACTOR, is_of_account=True)])

    def count_link_request(self, address: str) -> None:
        """Count that somebody at this address asked for a link for a forgotten password. Raises `TooManyAttempts`."""
        self._count(
            [
                _Counter(
                    self._subject("link-network", name),
                    Limit(LINKS_FOR_NETWORK.attempts * budget, LINKS_FOR_NETWORK.period),
                    is_of_account=False,
                )
                for name, budget in self._find_networks(address)
            ]
        )

    def count_link(self, email: str) -> None:
        """Count such a link to an address. Raises `TooManyAttempts`."""
        subjects = (self._subject(f"link-{limit.period}", email) for limit in LINKS_TO_ADDRESS)
        counters = zip(subjects, LINKS_TO_ADDRESS, strict=True)
        self._count([_Counter(subject, limit, is_of_account=True) for subject, limit in counters])

    def take_back(self, attempt: Attempt) -> None:
        """Forget an attempt that succeeded. Failures before it still count."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(SignInAttemptRow).where(col(SignInAttemptRow.id) == attempt.id))

    def forget(self, account_id: UUID, email: str) -> None:
        """Forget all attempts at an account, on all devices and in all networks. The person need not wait any more."""
        subjects = [self._account(email), self._devices(email), self._second_factor(account_id)]
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.SIGN_IN_ATTEMPTS)
            of_account = select(col(SignInAttemptRow.id)).where(is_one_of(col(SignInAttemptRow.subject), subjects))
            connection.execute(delete(SignInAttemptRow).where(col(SignInAttemptRow.id).in_(of_account)))

    def _account(self, email: str) -> str:
        return self._subject("account", email)

    def _devices(self, email: str) -> str:
        """Return the subject that all attempts on known devices have. It has no limit."""
        return self._subject("known-devices", email)

    def _second_factor(self, account_id: UUID) -> str:
        return self._subject("second-factor", str(account_id))

    def _subject(self, kind: str, *parts: str) -> str:
        return keyed_hash(self._key, kind, *parts)

    def _count(self, counters: Sequence[_Counter], *unlimited_subjects: str) -> Attempt:
        now = self._now()
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.SIGN_IN_ATTEMPTS)
            connection.execute(delete(SignInAttemptRow).where(col(SignInAttemptRow.at) <= now - _LONGEST_PERIOD))
            waits = list(_waits(connection, counters, now))
            if any(waits):
                _log.info("sign_in.limited")
                raise TooManyAttempts(max(1, round(max(waits).total_seconds())))
            attempt_id = self._new_id()
            for subject in (*(counter.subject for counter in counters), *unlimited_subjects):
                row = {"id": attempt_id, "subject": subject, "at": now}
                connection.execute(insert(SignInAttemptRow).values(row))
            is_last = any(_waits(connection, [counter for counter in counters if counter.is_of_account], now))
        return Attempt(attempt_id, is_last)


def _waits(connection: Connection, counters: Sequence[_Counter], now: datetime) -> Iterator[timedelta]:
    """Yield the time until each counter allows an attempt; zero if it allows one now."""
    for counter in counters:
        begin = now - counter.limit.period
        query = select(func.count(), func.min(col(SignInAttemptRow.at))).where(
            col(SignInAttemptRow.subject) == counter.subject, col(SignInAttemptRow.at) > begin
        )
        count, earliest = connection.execute(query).one()
        is_reached = count >= counter.limit.attempts
        yield earliest + counter.limit.period - now if is_reached else timedelta()

"""All parts of accounts without their pages, built together for a process."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from argon2 import PasswordHasher
from sqlalchemy import Engine

from accounts.acceptance import Acceptance
from accounts.account_store import AccountStore
from accounts.appointments import Appointments, CoversUnit, FindZone
from accounts.authentication.attempts import AttemptLimits, FindNetworks
from accounts.authentication.known_devices import KnownDevices
from accounts.authentication.passwords import Passwords, name_words
from accounts.authentication.pending_sign_ins import PendingSignIns
from accounts.authentication.second_factor import SecondFactors
from accounts.authentication.sign_in import Record, SignIn
from accounts.forgotten_password import ForgottenPassword
from accounts.invitations import Invitations
from accounts.mail import AccountMail
from accounts.own_account import OwnAccount
from accounts.people import FindUnits, People, ReleaseCases
from accounts.sessions import Sessions
from accounts.tokens import keyed_hash


class Randomness(Protocol):
    """Values that nobody can guess."""

    @property
    def random_bytes(self) -> Callable[[int], bytes]:
        """The function that returns so many bytes."""
        ...

    def token(self) -> str:
        """Return a token of at least 128 bits that fits into an address."""
        ...

    def new_id(self) -> UUID:
        """Return a new id."""
        ...


class AccountServices:
    """Accounts, sessions, invitations and sign-in on one database.

    `account_key` (64 bytes) seals second factors. `record` appends to the audit log. `is_agency` returns True for the
    code of an institution, `find_units` its units, `covers_unit` which of them sees which, `zone` its time zone.
    `release` takes the cases of a person who leaves away. `find_networks` returns the networks of an address, for the
    limits of attempts. `public_names` returns names of places and institutions: no new password may consist of them.
    `mail` sends links and notices to the persons.
    """

    def __init__(
        self,
        engine: Engine,
        account_key: bytes,
        record: Record,
        is_agency: Callable[[str], bool],
        find_units: FindUnits,
        covers_unit: CoversUnit,
        zone: FindZone,
        release: ReleaseCases,
        find_networks: FindNetworks,
        now: Callable[[], datetime],
        randomness: Randomness,
        hasher: PasswordHasher,
        public_names: Callable[[], Iterable[str]],
        mail: AccountMail,
    ) -> None:
        self.mail = mail
        self.find_units = find_units
        new_token, new_id = randomness.token, randomness.new_id
        hash_key = keyed_hash(account_key, "hashes").encode()
        self.accounts = AccountStore(engine, now)
        self.sessions = Sessions(engine, now, new_token, new_id)
        self.invitations = Invitations(engine, now, new_token)
        self.pending = PendingSignIns(engine, now, new_token)
        passwords = Passwords(hasher, randomness.random_bytes)
        second_factors = SecondFactors(engine, account_key, hash_key, now, randomness.random_bytes)
        self.second_factors = second_factors
        self.limits = AttemptLimits(engine, hash_key, find_networks, now, new_id)
        self.sign_in = SignIn(
            self.accounts,
            passwords,
            self.limits,
            KnownDevices(hash_key, new_token),
            self.sessions,
            self.pending,
            second_factors,
            record,
            now,
        )
        self.appointments = Appointments(engine, self.accounts, zone, covers_unit, record, now)
        self.people = People(
            engine,
            self.accounts,
            self.appointments,
            self.invitations,
            self.sessions,
            second_factors,
            self.limits,
            is_agency,
            find_units,
            release,
            record,
            now,
            new_id,
            mail,
        )
        self.forgotten_password = ForgottenPassword(
            self.accounts, self.invitations, self.limits, record, now, new_id, mail
        )

        def public_words() -> Collection[str]:
            return name_words(public_names())

        self.acceptance = Acceptance(
            engine, self.accounts, self.invitations, passwords, self.sessions, record, now, new_id, public_words, mail
        )
        self.own_account = OwnAccount(
            self.accounts, passwords, self.sessions, second_factors, record, now, public_words, mail
        )

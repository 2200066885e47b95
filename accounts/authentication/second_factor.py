"""Second factor: codes of an authenticator app (TOTP, RFC 6238) and recovery codes."""

import base64
import hmac
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlmodel import col

from accounts.sessions import forget_unconfirmed_secret
from accounts.tables import RecoveryCodeRow, SecondFactorRow
from accounts.tokens import keyed_hash
from config.database import DatabaseLock, changed_rows, lock_until_commit, read_transaction, write_transaction

_STEP_SECONDS = 30
# A code of the step before or after is accepted: clocks of phones differ (RFC 6238, 5.2).
_ALLOWED_STEPS = (-1, 0, 1)
_RECOVERY_CODES = 10
# 80 bits, in groups of four letters and figures.
_RECOVERY_BYTES, _GROUP = 10, 4


class SecondFactors:
    """Secrets and codes of all persons.

    `seal_key` (64 bytes) seals the secrets, `hash_key` hides the recovery codes. `random_bytes` returns as many bytes.
    """

    def __init__(
        self,
        engine: Engine,
        seal_key: bytes,
        hash_key: bytes,
        now: Callable[[], datetime],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._engine = engine
        self._hash_key = hash_key
        self._cipher = AESSIV(seal_key)
        self._now = now
        self._random_bytes = random_bytes

    def prepare(self, account_id: UUID) -> str:
        """Return a new secret that the person adds to the app. It replaces one that is not confirmed.

        A secret is confirmed by a code: see `confirm`. The return value is empty if there is a confirmed one.
        """
        with write_transaction(self._engine) as connection:
            # Two pages of one person at the same time: the later one replaces the secret of the earlier one.
            lock_until_commit(connection, DatabaseLock.ACCOUNTS)
            forget_unconfirmed_secret(connection, account_id)
            query = select(col(SecondFactorRow.account_id)).where(col(SecondFactorRow.account_id) == account_id)
            if connection.execute(query).one_or_none():
                return ""
            secret = base64.b32encode(self._random_bytes(20)).decode()
            connection.execute(
                insert(SecondFactorRow).values(
                    account_id=account_id, secret=self._sealed(account_id, secret), last_step=0, confirmed_at=None
                )
            )
        return secret

    def unconfirmed_secret(self, account_id: UUID) -> str:
        """Return the secret that is not confirmed yet; empty without one, and for one that another key has sealed.

        Only for a person who has typed the present password: a session alone must not read it.
        """
        sealed = self._unconfirmed(account_id)
        try:
            return self._unsealed(account_id, sealed) if sealed else ""
        except InvalidTag:
            return ""

    def is_right_code(self, account_id: UUID, code: str) -> bool:
        """Return True if the code is right now for the secret that is not confirmed yet. Changes nothing."""
        sealed = self._unconfirmed(account_id)
        return bool(sealed) and self._matching_step(account_id, sealed, code) is not None

    def confirm(
        self, account_id: UUID, code: str, follow_up: Callable[[Connection], None] | None = None
    ) -> Sequence[str]:
        """Switch the second factor on if the code is right. Return the recovery codes, none if it is wrong.

        `follow_up` writes what belongs to it in the same transaction.
        """
        recovery_codes = [self._new_recovery_code() for _ in range(_RECOVERY_CODES)]
        with write_transaction(self._engine) as connection:
            row = connection.execute(
                select(col(SecondFactorRow.secret)).where(
                    col(SecondFactorRow.account_id) == account_id, col(SecondFactorRow.confirmed_at).is_(None)
                )
            ).one_or_none()
            step = self._matching_step(account_id, row.secret, code) if row else None
            if step is None:
                return []
            connection.execute(
                update(SecondFactorRow)
                .where(col(SecondFactorRow.account_id) == account_id)
                .values(confirmed_at=self._now(), last_step=step)
            )
            connection.execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.account_id) == account_id))
            hashes = [self._recovery_hash(account_id, recovery_code) for recovery_code in recovery_codes]
            rows = [{"code_hash": code_hash, "account_id": account_id} for code_hash in hashes]
            connection.execute(insert(RecoveryCodeRow), rows)
            if follow_up:
                follow_up(connection)
        return recovery_codes

    def use(self, account_id: UUID, code: str) -> bool:
        """Return True if the code of the app or a recovery code is right. Each works once."""
        with write_transaction(self._engine) as connection:
            row = connection.execute(
                select(col(SecondFactorRow.secret)).where(
                    col(SecondFactorRow.account_id) == account_id, col(SecondFactorRow.confirmed_at).is_not(None)
                )
            ).one_or_none()
            if row is None:
                return False
            step = self._matching_step(account_id, row.secret, code)
            if step is None:
                used = connection.execute(
                    delete(RecoveryCodeRow).where(
                        col(RecoveryCodeRow.account_id) == account_id,
                        col(RecoveryCodeRow.code_hash) == self._recovery_hash(account_id, code),
                    )
                )
            else:
                # Two sign-ins with one code at the same time: the second finds no row.
                used = connection.execute(
                    update(SecondFactorRow)
                    .where(col(SecondFactorRow.account_id) == account_id, col(SecondFactorRow.last_step) < step)
                    .values(last_step=step)
                )
            return bool(changed_rows(used))

    def remaining_recovery_codes(self, account_id: UUID) -> int:
        """Return the number of unused recovery codes."""
        query = select(col(RecoveryCodeRow.code_hash)).where(col(RecoveryCodeRow.account_id) == account_id)
        with read_transaction(self._engine) as connection:
            return len(connection.execute(query).all())

    def remove(self, account_id: UUID, follow_up: Callable[[Connection], None] | None = None) -> None:
        """Switch the second factor off, and forget its secret and its recovery codes. `follow_up` as in `confirm`."""
        with write_transaction(self._engine) as connection:
            connection.execute(delete(SecondFactorRow).where(col(SecondFactorRow.account_id) == account_id))
            connection.execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.account_id) == account_id))
            if follow_up:
                follow_up(connection)

    def _unconfirmed(self, account_id: UUID) -> str:
        """Return the sealed secret that is not confirmed yet; empty without one."""
        query = select(col(SecondFactorRow.secret)).where(
            col(SecondFactorRow.account_id) == account_id, col(SecondFactorRow.confirmed_at).is_(None)
        )
        with read_transaction(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none() or ""

    def _matching_step(self, account_id: UUID, sealed: str, code: str) -> int | None:
        """Return the time step whose code this is. A secret that another key has sealed matches no code."""
        typed = "".join(code.split())
        try:
            totp = pyotp.TOTP(self._unsealed(account_id, sealed), interval=_STEP_SECONDS)
        except InvalidTag:
            return None
        present = int(self._now().timestamp()) // _STEP_SECONDS
        steps = [present + offset for offset in _ALLOWED_STEPS]
        return next((step for step in steps if hmac.compare_digest(totp.generate_otp(step), _ascii(typed))), None)

    def _new_recovery_code(self) -> str:
        letters = base64.b32encode(self._random_bytes(_RECOVERY_BYTES)).decode().lower()
        return "-".join(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP))

    def _recovery_hash(self, account_id: UUID, code: str) -> str:
        letters = "".join(character for character in code.lower() if character.isalnum())
        return keyed_hash(self._hash_key, "recovery", str(account_id), letters)

    def _sealed(self, account_id: UUID, secret: str) -> str:
        return base64.b64encode(self._cipher.encrypt(secret.encode(), [account_id.bytes])).decode()

    def _unsealed(self, account_id: UUID, sealed: str) -> str:
        return self._cipher.decrypt(base64.b64decode(sealed), [account_id.bytes]).decode()


def key_address(secret: str, email: str) -> str:
    """Return the address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="SP4N-LAPOR!")


def _ascii(typed: str) -> str:
    """Return typed text that can be compared in constant time."""
    return typed if typed.isascii() else ""

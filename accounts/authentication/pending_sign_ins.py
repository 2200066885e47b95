"""Sign-ins that are not complete, each bound to one browser by a cookie: a second factor, or an OIDC provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Engine, delete, insert, select, update
from sqlmodel import col

from accounts.tables import PendingSignInRow
from accounts.tokens import token_hash
from config.database import changed_rows, read_transaction, write_transaction

# Time to type a code, or to sign in at the OIDC provider.
PENDING_LIMIT = timedelta(minutes=10)
# Wrong codes after which the password is asked for again.
_MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class OidcRequest:
    """Values that an answer of the OIDC provider must agree with. `code_verifier` as in RFC 7636."""

    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """Sign-in that waits for a code or for the OIDC provider. `account_id` is None for the latter."""

    account_id: UUID | None
    continue_at: str
    state_hash: str
    nonce: str
    code_verifier: str


class PendingSignIns:
    """Stores pending sign-ins under the hash of a token. Every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], new_token: Callable[[], str]) -> None:
        self._engine = engine
        self._now = now
        self._new_token = new_token

    def start_second_factor(self, account_id: UUID, continue_at: str) -> str:
        """Store a sign-in whose password was right. Return its token, for a cookie."""
        return self._start({"account_id": account_id, "continue_at": continue_at})

    def start_oidc(self, request: OidcRequest, continue_at: str) -> str:
        """Store a sign-in at the OIDC provider. Return its token, for a cookie."""
        values = {
            "continue_at": continue_at,
            "state_hash": token_hash(request.state),
            "nonce": request.nonce,
            "code_verifier": request.code_verifier,
        }
        return self._start(values)

    def find(self, token: str) -> PendingSignIn | None:
        """Return a pending sign-in, None if its time is over or it has ended."""
        query = select(PendingSignInRow).where(
            col(PendingSignInRow.token_hash) == token_hash(token),
            col(PendingSignInRow.created_at) > self._now() - PENDING_LIMIT,
            col(PendingSignInRow.attempts) < _MAX_ATTEMPTS,
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return PendingSignIn(row.account_id, row.continue_at, row.state_hash, row.nonce, row.code_verifier)

    def count_attempt(self, token: str) -> None:
        """Count a typed code, before it is checked."""
        with write_transaction(self._engine) as connection:
            connection.execute(
                update(PendingSignInRow)
                .where(col(PendingSignInRow.token_hash) == token_hash(token))
                .values(attempts=col(PendingSignInRow.attempts) + 1)
            )

    def take(self, token: str) -> PendingSignIn | None:
        """End a pending sign-in and return it. Only one caller gets it."""
        pending = self.find(token)
        with write_transaction(self._engine) as connection:
            ended = connection.execute(
                delete(PendingSignInRow).where(col(PendingSignInRow.token_hash) == token_hash(token))
            )
        return pending if changed_rows(ended) else None

    def _start(self, values: Mapping[str, object]) -> str:
        now, token = self._now(), self._new_token()
        empty = {"account_id": None, "attempts": 0, "state_hash": "", "nonce": "", "code_verifier": ""}
        row = {**empty, **values, "token_hash": token_hash(token), "created_at": now}
        with write_transaction(self._engine) as connection:
            connection.execute(delete(PendingSignInRow).where(col(PendingSignInRow.created_at) <= now - PENDING_LIMIT))
            connection.execute(insert(PendingSignInRow).values(row))
        return token

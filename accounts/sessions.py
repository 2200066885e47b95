"""Sessions of signed-in browsers: random tokens that are stored as hashes, with two time limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, delete, insert, or_, select, update
from sqlmodel import col

from accounts.permissions import SECOND_FACTOR_ROLES, Actor, Role
from accounts.tables import AccountRow, SecondFactorRow, SessionRow
from accounts.tokens import token_hash
from config.conditions import is_one_of
from config.database import changed_rows, read_transaction, write_transaction

# OWASP Session Management and NIST SP 800-63B, 7.2 (AAL2): 30 minutes without use, 12 hours in all.
IDLE_LIMIT = timedelta(minutes=30)
ABSOLUTE_LIMIT = timedelta(hours=12)
# The time of the last use is written so often at most: each page would wait for the database otherwise.
_USE_IS_WRITTEN_EVERY = timedelta(minutes=1)
# Sessions of one person. The one that was used the longest time ago ends when a further one begins.
_MAX_SESSIONS = 20


@dataclass(frozen=True, slots=True)
class Session:
    """Session as a person sees it in the list. `device` may be empty."""

    id: UUID
    account_id: UUID
    device: str
    created_at: datetime
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class SignedInSession:
    """Valid session with its person.

    `lacks_second_factor`: the role needs a second factor, the account has a password, and the factor is not set up. A
    person without a password signs in by OIDC only, and the provider decides about the factors.
    """

    id: UUID
    actor: Actor
    lacks_second_factor: bool = False


class Sessions:
    """Starts, finds and ends sessions. Every method may raise `DatabaseUnavailable`."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        new_token: Callable[[], str],
        new_id: Callable[[], UUID],
    ) -> None:
        self._engine = engine
        self._now = now
        self._new_token = new_token
        self._new_id = new_id

    def start(self, account_id: UUID, device: str) -> str:
        """Start a session and return its new token. Sessions that have ended by time are deleted."""
        now, token = self._now(), self._new_token()
        row = {
            "token_hash": token_hash(token),
            "id": self._new_id(),
            "account_id": account_id,
            "device": device,
            "created_at": now,
            "last_used_at": now,
        }
        older = (
            select(col(SessionRow.id))
            .where(col(SessionRow.account_id) == account_id)
            .order_by(col(SessionRow.last_used_at).desc())
            .offset(_MAX_SESSIONS - 1)
        )
        with write_transaction(self._engine) as connection:
            ended = or_(
                col(SessionRow.last_used_at) <= now - IDLE_LIMIT, col(SessionRow.created_at) <= now - ABSOLUTE_LIMIT
            )
            connection.execute(delete(SessionRow).where(ended))
            ids = connection.execute(older).scalars().all()
            connection.execute(delete(SessionRow).where(is_one_of(col(SessionRow.id), ids)))
            connection.execute(insert(SessionRow).values(row))
        return token

    def find(self, token: str) -> SignedInSession | None:
        """Return the session of a token with its person, None if it, the account or its last day has ended.

        Role, agency and unit are those of the account now.
        """
        now = self._now()
        query = (
            select(
                SessionRow,
                col(AccountRow.name),
                col(AccountRow.role),
                col(AccountRow.agency),
                col(AccountRow.unit),
                (col(AccountRow.password_hash) != "").label("has_password"),
                has_confirmed_factor().label("has_second_factor"),
            )
            .join(AccountRow, col(AccountRow.id) == col(SessionRow.account_id))
            .where(
                col(SessionRow.token_hash) == token_hash(token),
                col(SessionRow.last_used_at) > now - IDLE_LIMIT,
                col(SessionRow.created_at) > now - ABSOLUTE_LIMIT,
                col(AccountRow.revoked_at).is_(None),
                or_(col(AccountRow.ends_at).is_(None), col(AccountRow.ends_at) > now),
            )
        )
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if now - row.last_used_at >= _USE_IS_WRITTEN_EVERY:
            self._write_use(row.id, now)
        actor = Actor.of_account(row.account_id, row.name, Role(row.role), row.agency, row.unit)
        needs_factor = actor.role in SECOND_FACTOR_ROLES and bool(row.has_password)
        return SignedInSession(row.id, actor, lacks_second_factor=needs_factor and not row.has_second_factor)

    def of_account(self, account_id: UUID) -> Sequence[Session]:
        """Return the valid sessions of a person, the last used first."""
        now = self._now()
        query = (
            select(SessionRow)
            .where(
                col(SessionRow.account_id) == account_id,
                col(SessionRow.last_used_at) > now - IDLE_LIMIT,
                col(SessionRow.created_at) > now - ABSOLUTE_LIMIT,
            )
            .order_by(col(SessionRow.last_used_at).desc(), col(SessionRow.id))
        )
        with read_transaction(self._engine) as connection:
            return [
                Session(row.id, row.account_id, row.device, row.created_at, row.last_used_at)
                for row in connection.execute(query)
            ]

    def end(self, account_id: UUID, session_id: UUID) -> bool:
        """End one session of a person. Return False if the person has no such session."""
        with write_transaction(self._engine) as connection:
            ended = connection.execute(
                delete(SessionRow).where(col(SessionRow.account_id) == account_id, col(SessionRow.id) == session_id)
            )
        return bool(changed_rows(ended))

    def end_all(self, account_id: UUID, except_id: UUID | None = None) -> int:
        """End all sessions of a person, but for one. Return their number.

        A secret of a second factor that is not confirmed is forgotten: one of the sessions may have read it.
        """
        query = delete(SessionRow).where(col(SessionRow.account_id) == account_id)
        if except_id is not None:
            query = query.where(col(SessionRow.id) != except_id)
        with write_transaction(self._engine) as connection:
            forget_unconfirmed_secret(connection, account_id)
            return changed_rows(connection.execute(query))

    def _write_use(self, session_id: UUID, now: datetime) -> None:
        """Write the time of the use. A session that ended meanwhile stays ended."""
        with write_transaction(self._engine) as connection:
            connection.execute(update(SessionRow).where(col(SessionRow.id) == session_id).values(last_used_at=now))


def has_confirmed_factor() -> ColumnElement[bool]:
    """Return the condition that the account of a row of `AccountRow` has a second factor."""
    confirmed = select(col(SecondFactorRow.account_id)).where(
        col(SecondFactorRow.account_id) == col(AccountRow.id), col(SecondFactorRow.confirmed_at).is_not(None)
    )
    return confirmed.exists()


def forget_unconfirmed_secret(connection: Connection, account_id: UUID) -> None:
    """Delete the secret of a second factor that no code has confirmed."""
    connection.execute(
        delete(SecondFactorRow).where(
            col(SecondFactorRow.account_id) == account_id, col(SecondFactorRow.confirmed_at).is_(None)
        )
    )

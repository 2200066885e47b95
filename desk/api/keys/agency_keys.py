"""Keys of agencies' programs: issued, listed, revoked, and checked for each request.

A key is `sp_<id>_<secret>`. Only its SHA-256 is stored: the secret has 256 random bits, which a fast hash protects.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, bindparam, func, or_, select, update
from sqlmodel import col

from config.database import (
    DatabaseLock,
    DatabaseUnavailable,
    insert_statement,
    lock_until_commit,
    read_transaction,
    statement_transaction,
    write_transaction,
)
from desk.acts.answers import Record
from desk.api.keys.scopes import SCOPES, Scope
from desk.api.tables import DeskKey
from desk.units.tiers import Tier, tier_of
from desk.units.tree import UnknownUnit

# A program changes its key while the previous one is still valid.
MAX_VALID_KEYS = 2
# The time of the last use is written no more often.
_USE_INTERVAL = timedelta(minutes=1)
_KEY = re.compile(r"sp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
_COLUMNS = tuple(col(getattr(DeskKey, name)) for name in DeskKey.model_fields)
# Built once: each request executes it.
_KEY_BY_ID = select(*_COLUMNS).where(col(DeskKey.id) == bindparam("id"))


class TooManyKeys(ValueError):
    """The agency, or its unit, has `MAX_VALID_KEYS` valid keys."""


class UnknownKey(LookupError):
    """The agency has no key with this id that is not revoked."""


# Reason why a text is not a usable key. The last two are told only to a program that has the whole key.
KeyFault: TypeAlias = Literal["key_invalid", "key_expired", "key_revoked"]


class KeyRefused(Exception):
    """The key does not open the interface."""

    def __init__(self, fault: KeyFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class AgencyKey:
    """A key without its secret."""

    id: UUID
    agency: str
    scopes: frozenset[Scope]
    unit: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def is_valid(self, at: datetime) -> bool:
        """Return True if the key opens the interface at this time."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class AgencyKeys:
    """Keys of all agencies. Every method may raise `DatabaseUnavailable`.

    `record` writes the audit log. `new_id` returns a random id, `new_token` 43 random characters of base64url.
    """

    def __init__(
        self,
        engine: Engine,
        record: Record,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        new_token: Callable[[], str],
    ) -> None:
        self._engine = engine
        self._record = record
        self._now = now
        self._new_id = new_id
        self._new_token = new_token

    def issue(
        self,
        agency: str,
        scopes: Collection[Scope],
        actor: str,
        why: str,
        expires_at: datetime | None = None,
        unit: str = "",
    ) -> tuple[AgencyKey, str]:
        """Return a new key, and its text, which is shown only now. Raises `TooManyKeys` and `UnknownUnit`.

        With the code of a `unit` the key sees the cases of this unit and of those below it.
        """
        at = self._now()
        key = AgencyKey(self._new_id(), agency, frozenset(scopes), unit, actor, at, expires_at, None, None)
        text = f"sp_{key.id.hex}_{self._new_token()}"
        with read_transaction(self._engine) as connection:
            _require_space(connection, agency, at, unit)
            if unit and not tier_of(connection, agency, unit).units:
                raise UnknownUnit(unit)
        self._record("desk.issue_key", f"{agency} {key.id}", actor, why, at)
        row = {
            "id": key.id,
            "agency": agency,
            "digest": _digest(text),
            "scopes": " ".join(sorted(key.scopes)),
            "unit": unit,
            "created_by": actor,
            "created_at": at,
            "expires_at": expires_at,
        }
        with write_transaction(self._engine) as connection:
            lock_until_commit(connection, DatabaseLock.AGENCY_KEYS)
            _require_space(connection, agency, at, unit)
            connection.execute(insert_statement(connection, DeskKey).values(row))
        return key, text

    def revoke(self, agency: str, key_id: UUID, actor: str, why: str) -> None:
        """Revoke a key of the agency at once. Raises `UnknownKey`."""
        is_key = (col(DeskKey.id) == key_id, col(DeskKey.agency) == agency, col(DeskKey.revoked_at).is_(None))
        with read_transaction(self._engine) as connection:
            if connection.execute(select(col(DeskKey.id)).where(*is_key)).one_or_none() is None:
                raise UnknownKey(str(key_id))
        at = self._now()
        self._record("desk.revoke_key", f"{agency} {key_id}", actor, why, at)
        with write_transaction(self._engine) as connection:
            connection.execute(update(DeskKey).where(*is_key).values(revoked_at=at))

    def keys(self, agency: str) -> Sequence[AgencyKey]:
        """Return all keys of the agency, the newest first."""
        query = select(*_COLUMNS).where(col(DeskKey.agency) == agency)
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(col(DeskKey.created_at).desc(), col(DeskKey.id))).all()
        return [_key(row) for row in rows]

    def tier(self, key: AgencyKey) -> Tier:
        """Return the cases that a key may see."""
        if not key.unit:
            return Tier(key.agency)
        with read_transaction(self._engine) as connection:
            return tier_of(connection, key.agency, key.unit)

    def authenticate(self, text: str) -> AgencyKey:
        """Return the key with this text. Raises `KeyRefused`."""
        parts = _KEY.fullmatch(text)
        if parts is None:
            raise KeyRefused("key_invalid")
        with statement_transaction(self._engine, reads_only=True) as connection:
            row = connection.execute(_KEY_BY_ID, {"id": UUID(hex=parts[1])}).one_or_none()
        is_equal = hmac.compare_digest(_digest(text), row.digest if row else "")
        if row is None or not is_equal:
            raise KeyRefused("key_invalid")
        key, at = _key(row), self._now()
        if not key.is_valid(at):
            raise KeyRefused("key_revoked" if key.revoked_at else "key_expired")
        if key.last_used_at is None or at - key.last_used_at >= _USE_INTERVAL:
            self._store_use(key.id, at)
        return key

    def _store_use(self, key_id: UUID, at: datetime) -> None:
        before = at - _USE_INTERVAL
        is_due = or_(col(DeskKey.last_used_at).is_(None), col(DeskKey.last_used_at) <= before)
        try:
            with write_transaction(self._engine) as connection:
                connection.execute(update(DeskKey).where(col(DeskKey.id) == key_id, is_due).values(last_used_at=at))
        except DatabaseUnavailable:
            # A standby can still be read. The request must not fail because of this time.
            return


def _require_space(connection: Connection, agency: str, at: datetime, unit: str) -> None:
    is_valid: ColumnElement[bool] = and_(
        col(DeskKey.agency) == agency,
        col(DeskKey.unit) == unit,
        col(DeskKey.revoked_at).is_(None),
        or_(col(DeskKey.expires_at).is_(None), col(DeskKey.expires_at) > at),
    )
    if connection.execute(select(func.count()).select_from(DeskKey).where(is_valid)).scalar_one() >= MAX_VALID_KEYS:
        raise TooManyKeys(agency)


def _key(row: Row[Any]) -> AgencyKey:
    scopes = frozenset(scope for scope in SCOPES if scope in row.scopes.split())
    return AgencyKey(
        row.id,
        row.agency,
        scopes,
        row.unit,
        row.created_by,
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_at,
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

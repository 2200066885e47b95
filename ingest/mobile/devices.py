"""Registers the devices of the app and authenticates them by their token.

The app makes the device's id and tells it to nobody else. A request with the id gets a token, so the id is as secret
as a password: tables, limits and logs contain only its keyed hash. A token is valid for a day, and ends at once when
the epoch of its device moves on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, update
from sqlmodel import col, select

from config.database import insert_statement, statement_transaction, write_transaction
from ingest.mobile.tables import DeviceRow
from ingest.mobile.tokens import Claim, NotAuthenticated, Tokens
from ingest.wrap import Wrapper
from messages.sealing import Sealed, Sealer, UnsealError

TOKEN_LIFETIME = timedelta(hours=24)
# Length of a device's hash in hexadecimal digits: 128 bits, as in a UUID.
_HASH_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Device:
    """An authenticated device. `hash` identifies it in tables and limits."""

    id: UUID
    hash: str
    push_token: str


class RegisteredDevice(NamedTuple):
    """A device as operations staff see it.

    `epoch` counts how often its tokens were revoked. `push` is True if it has a push token.
    """

    hash: str
    epoch: int
    push: bool
    registered_at: datetime


def device_hash(device_id: UUID, wrapper: Wrapper) -> str:
    """Return the keyed hash that stands for a device in tables, limits and ids."""
    return wrapper.digest(f"device:{device_id}".encode())[:_HASH_DIGITS]


class Devices:
    """Registers and authenticates devices. Every method may block, and may raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, wrapper: Wrapper, sealer: Sealer, tokens: Tokens) -> None:
        self._engine = engine
        self._wrapper = wrapper
        self._sealer = sealer
        self._tokens = tokens

    def register(self, device_id: UUID, push_token: str | None, at: datetime) -> tuple[str, datetime]:
        """Return a new token and its end. A device may register any number of times.

        Without a push token the stored one stays.
        """
        sealed_push_token = self._sealer.seal((push_token or "").encode(), device_id)
        hashed_id = device_hash(device_id, self._wrapper)
        row = {"device": hashed_id, "epoch": 0, "push": sealed_push_token, "registered_at": at}
        with write_transaction(self._engine) as connection:
            statement = insert_statement(connection, DeviceRow).values(row)
            # The database returns the row only if something changes.
            changes = {"push": sealed_push_token} if push_token is not None else {"registered_at": at}
            statement = statement.on_conflict_do_update(index_elements=["device"], set_=changes)
            epoch = connection.execute(statement.returning(col(DeviceRow.epoch))).scalar_one()
        expires = (at.astimezone(UTC) + TOKEN_LIFETIME).replace(microsecond=0)
        return self._tokens.issue(Claim(device_id, epoch), expires), expires

    def authenticate(self, headers: Mapping[str, str], now: datetime) -> Device:
        """Return the device whose token is in these headers. Raises `NotAuthenticated` with the reason."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            raise NotAuthenticated("token_missing")
        claim = self._tokens.read(token.strip(), now)
        hashed_id = device_hash(claim.device_id, self._wrapper)
        with statement_transaction(self._engine, reads_only=True) as connection:
            query = select(DeviceRow.epoch, DeviceRow.push).where(col(DeviceRow.device) == hashed_id)
            row = connection.execute(query).one_or_none()
        if row is None or row.epoch != claim.epoch:
            raise NotAuthenticated("token_revoked")
        return Device(claim.device_id, hashed_id, self._open_push_token(row.push, claim.device_id))

    def find_registered(self, device_id: UUID) -> RegisteredDevice | None:
        """Return the stored state of a device, `None` if it never registered."""
        hashed_id = device_hash(device_id, self._wrapper)
        with statement_transaction(self._engine, reads_only=True) as connection:
            columns = (DeviceRow.epoch, DeviceRow.push, DeviceRow.registered_at)
            row = connection.execute(select(*columns).where(col(DeviceRow.device) == hashed_id)).one_or_none()
        if row is None:
            return None
        has_push_token = bool(self._open_push_token(row.push, device_id))
        return RegisteredDevice(hashed_id, row.epoch, has_push_token, row.registered_at)

    def revoke(self, device_id: UUID, epoch: int | None = None) -> None:
        """End all tokens of this device at once. With `epoch`, only if that epoch still holds."""
        statement = update(DeviceRow).where(col(DeviceRow.device) == device_hash(device_id, self._wrapper))
        if epoch is not None:
            statement = statement.where(col(DeviceRow.epoch) == epoch)
        no_push_token = self._sealer.seal(b"", device_id)
        with write_transaction(self._engine) as connection:
            connection.execute(statement.values(epoch=col(DeviceRow.epoch) + 1, push=no_push_token))

    def _open_push_token(self, sealed_push_token: str, device_id: UUID) -> str:
        """Return the push token, empty if it was sealed with a key that the service no longer has.

        The app sends another one, and a report must not wait for it.
        """
        try:
            return self._sealer.open(Sealed(sealed_push_token), device_id).decode()
        except UnsealError:
            return ""

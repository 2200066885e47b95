"""Device tokens: short-lived, signed with a key of ours, and dead at once when their device's epoch moves on.

A device's id is made by the app and known to nobody else: whoever has it may have a token.
"""

import base64
import binascii
import hashlib
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Engine, update
from sqlmodel import col, select

from config.database import insert_statement, read_transaction, write_transaction
from ingest.arrival import Refused
from ingest.mobile.tables import DeviceRow
from ingest.wrap import Wrapper
from messages.sealing import Sealed, Sealer, UnsealError

LIFE = timedelta(hours=24)
# The device's id, its epoch, and when the token ends, in seconds since 1970.
_SAYS = struct.Struct(">16sIQ")
_MAC_BYTES = 32
_LETTERS = 80


class NotAuthenticated(Refused):
    """401. `challenge` is the WWW-Authenticate header (RFC 6750)."""

    @property
    def challenge(self) -> str:
        """A missing token is asked for; a bad one is named with what is wrong with it."""
        if self.reason == "token_missing":
            return 'Bearer realm="mobile"'
        return f'Bearer realm="mobile", error="invalid_token", error_description="{self.reason}"'


class Claim(NamedTuple):
    """What a token says."""

    device: UUID
    epoch: int


class Tokens:
    """Signs and reads tokens. Pure; `key` is secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, claim: Claim, expires: datetime) -> str:
        """80 letters, digits, dashes and underscores."""
        said = _SAYS.pack(claim.device.bytes, claim.epoch, int(expires.timestamp()))
        return base64.urlsafe_b64encode(said + self._mac(said)).decode()

    def read(self, token: str, now: datetime) -> Claim:
        """Raises `Unproven`: `token_invalid`, `token_expired`."""
        try:
            signed = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise NotAuthenticated("token_invalid") from None
        said, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        whole = len(token) == _LETTERS and len(said) == _SAYS.size
        if not whole or not hmac.compare_digest(mac, self._mac(said)):
            raise NotAuthenticated("token_invalid")
        device, epoch, expires = _SAYS.unpack(said)
        if now.timestamp() >= expires:
            raise NotAuthenticated("token_expired")
        return Claim(UUID(bytes=device), epoch)

    def _mac(self, said: bytes) -> bytes:
        return hmac.digest(self._key, said, hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Device:
    """A device whose token was good. `name` is what stands for it in tables and limits."""

    id: UUID
    name: str
    push_token: str


class RegisteredDevice(NamedTuple):
    """A device as operations see it. `epoch` is how often its tokens were ended; `push`: whether it can be told."""

    name: str
    epoch: int
    push: bool
    registered_at: datetime


def device_hash(device: UUID, wrapper: Wrapper) -> str:
    """The keyed hash that a device stands under: its id is as good as a password, and stands nowhere in clear."""
    return wrapper.digest(f"device:{device}".encode())[:32]


class Devices:
    """Registers devices and proves them. Every method may block, and raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, wrapper: Wrapper, sealer: Sealer, tokens: Tokens) -> None:
        self._engine = engine
        self._wrapper = wrapper
        self._sealer = sealer
        self._tokens = tokens

    def register(self, device: UUID, push_token: str | None, at: datetime) -> tuple[str, datetime]:
        """A new token, and when it ends; as often as asked. Without a push token the one before stays."""
        push = self._sealer.seal((push_token or "").encode(), device)
        row = {"device": device_hash(device, self._wrapper), "epoch": 0, "push": push, "registered_at": at}
        with write_transaction(self._engine) as connection:
            made = insert_statement(connection, DeviceRow).values(row)
            # Without a change the row would not be returned.
            changed = {"push": push} if push_token is not None else {"registered_at": at}
            made = made.on_conflict_do_update(index_elements=["device"], set_=changed)
            epoch = connection.execute(made.returning(col(DeviceRow.epoch))).scalar_one()
        expires = (at.astimezone(UTC) + LIFE).replace(microsecond=0)
        return self._tokens.issue(Claim(device, epoch), expires), expires

    def prove(self, headers: Mapping[str, str], now: datetime) -> Device:
        """The device whose token stands in these headers. Raises `Unproven`, saying what is wrong with it."""
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.casefold() != "bearer" or not token.strip():
            raise NotAuthenticated("token_missing")
        claim = self._tokens.read(token.strip(), now)
        name = device_hash(claim.device, self._wrapper)
        with read_transaction(self._engine) as connection:
            query = select(DeviceRow.epoch, DeviceRow.push).where(col(DeviceRow.device) == name)
            row = connection.execute(query).one_or_none()
        if row is None or row.epoch != claim.epoch:
            raise NotAuthenticated("token_revoked")
        return Device(claim.device, name, self._push(row.push, claim.device))

    def find(self, device: UUID) -> RegisteredDevice | None:
        """What is remembered of a device; `None` where it never registered."""
        name = device_hash(device, self._wrapper)
        with read_transaction(self._engine) as connection:
            query = select(DeviceRow.epoch, DeviceRow.push, DeviceRow.registered_at).where(
                col(DeviceRow.device) == name
            )
            row = connection.execute(query).one_or_none()
        return RegisteredDevice(name, row.epoch, bool(self._push(row.push, device)), row.registered_at) if row else None

    def revoke(self, device: UUID, epoch: int | None = None) -> None:
        """End every token of this device, at once; with an epoch only those of that one, if it is not over yet."""
        ended = update(DeviceRow).where(col(DeviceRow.device) == device_hash(device, self._wrapper))
        if epoch is not None:
            ended = ended.where(col(DeviceRow.epoch) == epoch)
        with write_transaction(self._engine) as connection:
            connection.execute(ended.values(epoch=col(DeviceRow.epoch) + 1, push=self._sealer.seal(b"", device)))

    def _push(self, sealed: str, device: UUID) -> str:
        try:
            return self._sealer.open(Sealed(sealed), device).decode()
        except UnsealError:
            # Sealed with a key we no longer have: the app brings another, and the report must not wait for it.
            return ""

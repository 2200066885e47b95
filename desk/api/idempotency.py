"""The header `Idempotency-Key` (IETF draft httpapi-idempotency-key-header): one key, one answer.

An answer is the same by its content alone, so a request without the header can be repeated too. The header adds that a
key with another content is refused.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlmodel import col

from config.database import insertion_of_missing, write_transaction
from desk.api.problems import ApiError, invalid
from desk.api.tables import DeskIdempotencyKey

HEADER = "Idempotency-Key"
_MAX_CHARACTERS = 255
_LIFETIME = timedelta(hours=24)


def read_key(header: str | None) -> str | None:
    """Return the key without the quotes of a structured field; `None` if none was sent. Raises `ApiError`."""
    if header is None:
        return None
    key = header.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= _MAX_CHARACTERS or not key.isprintable():
        raise invalid(HEADER, f"Send 1 to {_MAX_CHARACTERS} visible characters, as in a UUID.")
    return key


class IdempotencyKeys:
    """Binds each key of an agency to the first request that it came with, for a day.

    A key of a request of which nothing was stored is released: the program may correct the request.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    def claim(self, agency: str, key: str, payload: str) -> bool:
        """Bind the key to this payload. Return True if it was free. Raises `ApiError` if it is bound to another one."""
        at = self._now()
        row = {"digest": _digest(f"{agency}\0{key}"), "payload": _digest(payload), "used_at": at}
        with write_transaction(self._engine) as connection:
            connection.execute(delete(DeskIdempotencyKey).where(col(DeskIdempotencyKey.used_at) < at - _LIFETIME))
            insertion = insertion_of_missing(connection.dialect.name, DeskIdempotencyKey, "digest")
            was_free = connection.execute(insertion, row).one_or_none() is not None
            query = select(col(DeskIdempotencyKey.payload)).where(col(DeskIdempotencyKey.digest) == row["digest"])
            stored_payload = connection.execute(query).scalar_one()
        if stored_payload != row["payload"]:
            raise ApiError("idempotency_key_reused")
        return was_free

    def release(self, agency: str, key: str) -> None:
        """Let the agency use a key again that it has claimed."""
        with write_transaction(self._engine) as connection:
            digest = _digest(f"{agency}\0{key}")
            connection.execute(delete(DeskIdempotencyKey).where(col(DeskIdempotencyKey.digest) == digest))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

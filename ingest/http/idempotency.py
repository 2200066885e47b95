"""The Idempotency-Key header (IETF draft httpapi-idempotency-key-header): one key, one payload, one message.

The draft allows 409 while a key is still being processed. The doors do not use it: a second request with the key gets
the same number, whichever of the two finishes first.
"""

from starlette.concurrency import run_in_threadpool

from ingest.arrival import Arrival, FieldError, Refused
from ingest.door_store import DoorStore
from ingest.wrap import Wrapper

HEADER = "idempotency-key"
_MAX_KEY_CHARACTERS = 255


def read_key(arrival: Arrival) -> str | None:
    """Return the key without the quotes of a structured field, or `None` if none was sent. Raises `Refused`."""
    header = arrival.headers.get(HEADER)
    if header is None:
        return None
    key = header.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= _MAX_KEY_CHARACTERS or not key.isprintable():
        detail = f"Isi dengan 1 sampai {_MAX_KEY_CHARACTERS} karakter, misalnya sebuah UUID."
        raise Refused("invalid_idempotency_key", (FieldError("Idempotency-Key", detail),))
    return key


async def claim_key(store: DoorStore, wrapper: Wrapper, key: str, payload: bytes) -> None:
    """Bind the key to this payload. Raise `Refused` (422) if the key was used for another payload."""
    if not await run_in_threadpool(store.claim_idempotency_key, wrapper.digest(key.encode()), wrapper.digest(payload)):
        error = FieldError("Idempotency-Key", "Pakai kunci baru untuk laporan baru.")
        raise Refused("idempotency_key_reused", (error,))

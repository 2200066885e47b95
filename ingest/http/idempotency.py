"""The Idempotency-Key header (IETF draft httpapi-idempotency-key-header): one key, one payload, one message.

A key that is still being worked is not answered with 409: sending it again gives the same number, whoever is first.
"""

from starlette.concurrency import run_in_threadpool

from ingest.arrival import Arrival, FieldError, Refused
from ingest.door_store import DoorStore
from ingest.wrap import Wrapper

HEADER = "idempotency-key"
_LONGEST = 255


def read_key(arrival: Arrival) -> str | None:
    """The key, without the quotes of a structured field; `None` where none was sent. Raises `Refused`."""
    sent = arrival.headers.get(HEADER)
    if sent is None:
        return None
    key = sent.strip().removeprefix('"').removesuffix('"')
    if not 0 < len(key) <= _LONGEST or not key.isprintable():
        fault = FieldError("Idempotency-Key", f"Isi dengan 1 sampai {_LONGEST} karakter, misalnya sebuah UUID.")
        raise Refused("invalid_idempotency_key", (fault,))
    return key


async def claim_key(store: DoorStore, wrapper: Wrapper, key: str, payload: bytes) -> None:
    """Bind the key to this payload. Raises `Refused` (422) where it was used for another."""
    if not await run_in_threadpool(store.claim_idempotency_key, wrapper.digest(key.encode()), wrapper.digest(payload)):
        fault = FieldError("Idempotency-Key", "Pakai kunci baru untuk laporan baru.")
        raise Refused("idempotency_key_reused", (fault,))

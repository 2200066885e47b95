"""The Idempotency-Key header (IETF draft httpapi-idempotency-key-header): one key, one payload, one message.

The draft allows 409 while a key is still being processed. The doors do not use it: a second request with the key gets
the same number, whichever of the two finishes first.
"""

from starlette.concurrency import run_in_threadpool

from ingest.arrival import Arrival
from ingest.door_store import DoorStore
from ingest.http.client_networks import client_network
from ingest.wrap import Wrapper
from pages.refusals import FieldError, Refused

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


def read_scoped_key(arrival: Arrival, wrapper: Wrapper) -> str | None:
    """Return a digest that identifies a message by its key, its body and its sender's network; `None` without a key.

    It is for senders without a token or an api_key. Two senders may choose the same key: one can then neither block
    the other nor learn the number that the other got. Behind one address (NAT) two messages with equal keys and other
    texts stay two messages. A sender who repeats the same bytes from the same network sends the same message.
    Raises `Refused`.
    """
    key = read_key(arrival)
    if key is None:
        return None
    scope = "\0".join((client_network(arrival.address), key, ""))
    return wrapper.digest(scope.encode() + arrival.body)


async def claim_key(store: DoorStore, wrapper: Wrapper, key: str, payload: bytes) -> None:
    """Bind the key of a known sender to this payload. Raise `Refused` (422) if the key was used for another payload."""
    if not await run_in_threadpool(store.claim_idempotency_key, wrapper.digest(key.encode()), wrapper.digest(payload)):
        error = FieldError("Idempotency-Key", "Pakai kunci baru untuk laporan baru.")
        raise Refused("idempotency_key_reused", (error,))

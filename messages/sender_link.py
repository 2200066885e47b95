"""The sender's own link to a report: unguessable, and apart from the tracking number, which may be passed on.

The link contains the message's id, so that it works before any table has the report. Its authenticator is an HMAC:
without the key nobody can make the link of a message, even with its id.
"""

import hashlib
import hmac
from uuid import UUID

# Crockford's base 32 in lower case. People copy links; nobody types 40 symbols.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOKALIKES = str.maketrans("ilo", "110")
_BITS_PER_SYMBOL = 5
_SYMBOLS = 40
_LAST_SYMBOL = len(_ALPHABET) - 1
# The bits of each symbol, the highest first.
_SHIFTS = range(_BITS_PER_SYMBOL * (_SYMBOLS - 1), -1, -_BITS_PER_SYMBOL)
_ID_BYTES = 16
# 72 bits: with a million guesses a second, one report would be found in 2,000 years by who knows its id.
_AUTHENTICATOR_BYTES = 9


def sender_token(message: UUID, key: bytes) -> str:
    """Return the secret part of the link: 40 letters and digits. The same message always has the same one."""
    value = int.from_bytes(message.bytes + _authenticator(message.bytes, key), "big")
    return "".join([_ALPHABET[(value >> shift) & _LAST_SYMBOL] for shift in _SHIFTS])


def sender_link(public_url: str, key: bytes, message: UUID) -> str:
    """Return the sender's own link to the report of a raw message."""
    return f"{public_url}/l/{sender_token(message, key)}"


def sample_link(public_url: str) -> str:
    """Return an address of the length of the senders' own links, which leads nowhere, for previews."""
    return f"{public_url}/l/{'x' * _SYMBOLS}"


def read_sender_token(token: str, key: bytes) -> UUID | None:
    """Return the id of the message that a token belongs to; `None` for a token that we did not make."""
    symbols = token.lower().translate(_LOOKALIKES)
    if len(symbols) != _SYMBOLS or not set(symbols) <= set(_ALPHABET):
        return None
    value = 0
    for symbol in symbols:
        value = value << _BITS_PER_SYMBOL | _ALPHABET.index(symbol)
    content = value.to_bytes(_ID_BYTES + _AUTHENTICATOR_BYTES, "big")
    message, authenticator = content[:_ID_BYTES], content[_ID_BYTES:]
    return UUID(bytes=message) if hmac.compare_digest(authenticator, _authenticator(message, key)) else None


def _authenticator(message: bytes, key: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)[:_AUTHENTICATOR_BYTES]

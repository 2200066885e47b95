"""The sender's own link to a report: unguessable, and apart from the tracking number, which may be passed on.

The link contains the message's id, so that it works before any table has the report. Its authenticator is an HMAC:
without the key nobody can make the link of a message, even with its id.

A short link has the tracking number in place of the id, for paper: somebody types it.
"""

import base64
import hmac
from uuid import UUID

from messages.keyed_hash import keyed_hash
from messages.tracking import NUMBER_SYMBOLS, read_tracking_number

# Crockford's base 32 in lower case. People copy links; nobody types 40 symbols.
_ALPHABET = b"0123456789abcdefghjkmnpqrstvwxyz"
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_FROM_BASE32, _TO_BASE32 = bytes.maketrans(_BASE32, _ALPHABET), bytes.maketrans(_ALPHABET, _BASE32)
_LOOKALIKES = str.maketrans("ilo", "110")
_SYMBOLS = 40
_ID_BYTES = 16
# 72 bits: with a million guesses a second, one report would be found in 2,000 years by who knows its id.
_AUTHENTICATOR_BYTES = 9
# 60 bits. Each guess asks the service, which limits the pages of links by address.
_SHORT_SYMBOLS = 12
_GROUP = 4
# Apart from every content of a long link, which is 16 bytes.
_SHORT_PURPOSE = b"short link of "


def sender_token(message: UUID, key: bytes) -> str:
    """Return the secret part of the link: 40 letters and digits. The same message always has the same one."""
    content = message.bytes + _authenticator(message.bytes, key)
    return base64.b32encode(content).translate(_FROM_BASE32).decode()


def sender_link(public_url: str, key: bytes, message: UUID) -> str:
    """Return the sender's own link to the report of a raw message."""
    return f"{public_url}/l/{sender_token(message, key)}"


def sample_link(public_url: str) -> str:
    """Return an address of the length of the senders' own links, which leads nowhere, for previews."""
    return f"{public_url}/l/{'x' * _SYMBOLS}"


def read_sender_token(token: str, key: bytes) -> UUID | None:
    """Return the id of the message that a token belongs to; `None` for a token that we did not make."""
    symbols = token.lower().translate(_LOOKALIKES).encode("ascii", "replace")
    if len(symbols) != _SYMBOLS or not set(symbols) <= set(_ALPHABET):
        return None
    content = base64.b32decode(symbols.translate(_TO_BASE32))
    message, authenticator = content[:_ID_BYTES], content[_ID_BYTES:]
    return UUID(bytes=message) if hmac.compare_digest(authenticator, _authenticator(message, key)) else None


def short_token(tracking: str, key: bytes) -> str:
    """Return the secret part of a short link: the tracking number, and twelve letters and digits more."""
    symbols = _short_authenticator(tracking, key)
    groups = (symbols[index : index + _GROUP] for index in range(0, _SHORT_SYMBOLS, _GROUP))
    return "-".join((tracking, *groups))


def read_short_token(token: str, key: bytes) -> str | None:
    """Return the tracking number of a short link; `None` for one that we did not make.

    Case, separators and the look-alikes I, L and O do not matter.
    """
    symbols = "".join(filter(str.isalnum, token.lower())).translate(_LOOKALIKES)
    if len(symbols) != NUMBER_SYMBOLS + _SHORT_SYMBOLS or not symbols.isascii():
        return None
    tracking = read_tracking_number(symbols[:NUMBER_SYMBOLS])
    if tracking is None:
        return None
    is_ours = hmac.compare_digest(symbols[NUMBER_SYMBOLS:], _short_authenticator(tracking, key).lower())
    return tracking if is_ours else None


def _short_authenticator(tracking: str, key: bytes) -> str:
    """Return the letters and digits in capitals, as in the tracking number."""
    digest = keyed_hash(key, _SHORT_PURPOSE + tracking.encode())
    return base64.b32encode(digest).translate(_FROM_BASE32).decode()[:_SHORT_SYMBOLS].upper()


def _authenticator(message: bytes, key: bytes) -> bytes:
    return keyed_hash(key, message)[:_AUTHENTICATOR_BYTES]

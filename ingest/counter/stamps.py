"""Signed values of the counter's pages: the stamp of a form, and the address of a receipt. Pure.

Neither is stored. Both count for the officer who got them, and for a limited time. The address of a receipt has no
secret of the citizen: the own link is made when the page is shown, and the address of an old receipt shows none.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from messages.tracking import read_tracking_number

# Working day of a counter: a form that is older is shown again before it is sent.
FORM_AGE = timedelta(hours=12)
# Time to print a receipt. Afterwards its address shows the number alone.
RECEIPT_AGE = timedelta(minutes=30)
# Length of a signature in hexadecimal digits: 128 bits.
_MAC_DIGITS = 32
_RECEIPT_PARTS = 4


@dataclass(frozen=True, slots=True)
class Receipt:
    """An entered report. `shows_link`: its own link may still be shown."""

    tracking: str
    message_id: UUID
    at: datetime
    shows_link: bool


class CounterStamps:
    """Issues and checks both values. `secret` is the same in all processes that serve the pages."""

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"counter", hashlib.sha256)

    def stamp(self, form_id: str, account: UUID, at: datetime) -> str:
        """Return the stamp of a form that we serve to an officer."""
        seconds = f"{int(at.timestamp())}"
        return f"{seconds}.{self._mac('form', form_id, account, seconds)}"

    def is_current(self, stamp: str, form_id: str, account: UUID, now: datetime) -> bool:
        """Return True if we served this form to this officer within the last hours."""
        seconds, _, mac = stamp.partition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("form", form_id, account, seconds).encode()):
            return False
        return now - datetime.fromtimestamp(int(seconds), UTC) <= FORM_AGE

    def receipt(self, tracking: str, message_id: UUID, account: UUID, at: datetime) -> str:
        """Return the last part of the address of a receipt."""
        parts = (tracking, message_id.hex, f"{int(at.timestamp())}")
        return ".".join((*parts, self._mac("receipt", ".".join(parts), account)))

    def read_receipt(self, proof: str, account: UUID, now: datetime) -> Receipt | None:
        """Return the receipt of an address; `None` if we did not make it for this officer."""
        signed, _, mac = proof.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("receipt", signed, account).encode()):
            return None
        tracking, message_id, seconds = signed.split(".", _RECEIPT_PARTS - 2)
        at = datetime.fromtimestamp(int(seconds), UTC)
        return Receipt(read_tracking_number(tracking) or tracking, UUID(message_id), at, now - at <= RECEIPT_AGE)

    def _mac(self, purpose: str, text: str, account: UUID, *more: str) -> str:
        content = "\0".join((purpose, text, account.hex, *more)).encode()
        return hmac.digest(self._key, content, hashlib.sha256).hex()[:_MAC_DIGITS]

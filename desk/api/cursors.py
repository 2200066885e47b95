"""Cursor of the list of cases: a position in the agency's own changes, as an opaque text.

A cursor grants nothing: the list is always that of the key's agency. The check in it detects a slip and a cursor of
another agency, with which a program would skip changes of its own.
"""

import base64
import binascii
import hashlib

_CHECK_CHARACTERS = 8
# Numbers of changes are 64 bits wide.
_MAX_DIGITS = 18


def encode_cursor(agency: str, seq: int) -> str:
    """Return the cursor after the change with this number."""
    return base64.urlsafe_b64encode(f"{seq}.{_check(agency, seq)}".encode()).decode().rstrip("=")


def decode_cursor(agency: str, cursor: str) -> int | None:
    """Return the number in a cursor of this agency; `None` for any other text."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        digits, _, check = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii").partition(".")
    except (UnicodeError, binascii.Error):
        return None
    if not digits.isdecimal() or len(digits) > _MAX_DIGITS or check != _check(agency, int(digits)):
        return None
    return int(digits)


def _check(agency: str, seq: int) -> str:
    return hashlib.sha256(f"{agency}:{seq}".encode()).hexdigest()[:_CHECK_CHARACTERS]

"""Device tokens: signed with a key of ours, valid for a limited time. Pure."""

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pages.refusals import Refused

# The device's id, its epoch, and the end of the token in seconds since 1970.
_CLAIM_FORMAT = struct.Struct(">16sIQ")
_MAC_BYTES = 32
# Length of a token in Base64.
_TOKEN_CHARACTERS = 80


class NotAuthenticated(Refused):
    """The request carries no valid token (401)."""

    @property
    def challenge(self) -> str:
        """Value of the header WWW-Authenticate (RFC 6750): asks for a token, or says what is wrong with it."""
        if self.reason == "token_missing":
            return 'Bearer realm="mobile"'
        return f'Bearer realm="mobile", error="invalid_token", error_description="{self.reason}"'


class Claim(NamedTuple):
    """Content of a token. `epoch` counts how often the tokens of the device were revoked."""

    device_id: UUID
    epoch: int


class Tokens:
    """Issues and reads tokens. `key` is secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def issue(self, claim: Claim, expires: datetime) -> str:
        """Return a token: 80 letters, digits, dashes and underscores."""
        payload = _CLAIM_FORMAT.pack(claim.device_id.bytes, claim.epoch, int(expires.timestamp()))
        return base64.urlsafe_b64encode(payload + self._mac(payload)).decode()

    def read(self, token: str, now: datetime) -> Claim:
        """Return the claim of a valid token. Raises `NotAuthenticated`: `token_invalid` or `token_expired`."""
        try:
            signed_payload = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise NotAuthenticated("token_invalid") from None
        payload, mac = signed_payload[:-_MAC_BYTES], signed_payload[-_MAC_BYTES:]
        has_token_length = len(token) == _TOKEN_CHARACTERS and len(payload) == _CLAIM_FORMAT.size
        if not has_token_length or not hmac.compare_digest(mac, self._mac(payload)):
            raise NotAuthenticated("token_invalid")
        device_bytes, epoch, expires = _CLAIM_FORMAT.unpack(payload)
        if now.timestamp() >= expires:
            raise NotAuthenticated("token_expired")
        return Claim(UUID(bytes=device_bytes), epoch)

    def _mac(self, payload: bytes) -> bytes:
        return hmac.digest(self._key, payload, hashlib.sha256)

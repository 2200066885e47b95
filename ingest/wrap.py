"""Wraps an arrival as a raw message: the provider's bytes sealed, the sender hashed, the tracking number known."""

import hashlib
import hmac
from datetime import datetime
from uuid import UUID

from bus.port import Outgoing
from messages import codec, ids, topics
from messages.sealing import Sealer
from messages.shapes import Channel, Quarantined, RawMessage, VerifiedBy
from messages.tracking import tracking_number

_SOURCE = "/satu-pintu/ingest"


class Wrapper:
    """Holds the keys of the door."""

    def __init__(self, sealer: Sealer, sender_key: bytes, tracking_key: bytes) -> None:
        self._sealer = sealer
        self._sender_key = sender_key
        self._tracking_key = tracking_key

    def wrap(
        self,
        channel: Channel,
        provider_id: str,
        sender: str,
        body: bytes,
        at: datetime,
        content_type: str,
        verified_by: VerifiedBy = "none",
    ) -> RawMessage:
        """`sender` is who is proven to have sent it (`tel:+62…`, `x:123`); empty: nobody is.

        What somebody typed as their number proves nothing: see docs/decisions/0005-only-proven-senders-repeat.md.
        """
        message = ids.message_id(channel, provider_id)
        return RawMessage(
            id=message,
            message_id=message,
            at=at,
            channel=channel,
            provider_id=provider_id,
            sender=self._sender(sender, message),
            tracking=tracking_number(message, self._tracking_key),
            verified_by=verified_by,
            content_type=content_type,
            body=self._sealer.seal(body, message),
        )

    def digest(self, said: bytes) -> str:
        """Equal for equal bytes, and without our key a digest of nothing: few bits are unknown in a report."""
        return hmac.digest(self._sender_key, b"digest:" + said, hashlib.sha256).hex()

    def _sender(self, sender: str, message: UUID) -> str:
        return hmac.digest(self._sender_key, (sender or f"message:{message}").encode(), hashlib.sha256).hex()[:32]


def accepted_record(raw: RawMessage) -> Outgoing:
    """The record of an accepted arrival."""
    return Outgoing(topics.raw_topic(raw.channel), *codec.encode(raw, raw.sender, _SOURCE))


def quarantine_record(raw: RawMessage, reason: str) -> Outgoing:
    """The record of an arrival that could not prove where it came from."""
    kept = Quarantined(id=ids.event_id(raw.id, reason), message_id=raw.id, at=raw.at, reason=reason, raw=raw)
    return Outgoing(topics.QUARANTINE, *codec.encode(kept, raw.sender, _SOURCE))

"""Wraps an arrival as a raw message: the provider's bytes sealed, the sender hashed, the tracking number computed."""

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
# Length of a sender's hash in hexadecimal digits: 128 bits.
_SENDER_DIGITS = 32


class Wrapper:
    """Builds raw messages. It holds the keys for sealing, for sender hashes and for tracking numbers."""

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
        """Return the raw message. `sender` is the proven sender (`tel:+62…`, `x:123`), empty if none is proven.

        A number that somebody typed proves nothing; see docs/decisions/0005-only-proven-senders-repeat.md.
        """
        message_id = ids.message_id(channel, provider_id)
        return RawMessage(
            id=message_id,
            message_id=message_id,
            at=at,
            channel=channel,
            provider_id=provider_id,
            sender=self._sender_hash(sender, message_id),
            tracking=tracking_number(message_id, self._tracking_key),
            verified_by=verified_by,
            content_type=content_type,
            body=self._sealer.seal(body, message_id),
        )

    def digest(self, content: bytes) -> str:
        """Return the keyed digest of `content`: equal for equal bytes.

        The key is necessary: a report has few unknown bits, so a plain digest could be reversed by guessing.
        """
        return hmac.digest(self._sender_key, b"digest:" + content, hashlib.sha256).hex()

    def _sender_hash(self, sender: str, message_id: UUID) -> str:
        hashed_text = (sender or f"message:{message_id}").encode()
        return hmac.digest(self._sender_key, hashed_text, hashlib.sha256).hex()[:_SENDER_DIGITS]


def accepted_record(raw: RawMessage) -> Outgoing:
    """Return the record of an accepted arrival, for the topic of its channel."""
    return Outgoing(topics.raw_topic(raw.channel), *codec.encode(raw, raw.sender, _SOURCE))


def quarantine_record(raw: RawMessage, reason: str) -> Outgoing:
    """Return the record of an arrival that could not prove its origin, for the quarantine topic."""
    quarantined = Quarantined(id=ids.event_id(raw.id, reason), message_id=raw.id, at=raw.at, reason=reason, raw=raw)
    return Outgoing(topics.QUARANTINE, *codec.encode(quarantined, raw.sender, _SOURCE))

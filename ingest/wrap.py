"""Wraps an arrival as a raw message: seals the provider's bytes, hashes the sender, computes id and tracking number."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from bus.port import Outgoing
from messages import codec, ids, topics
from messages.keyed_hash import keyed_hash
from messages.sealing import Sealed, Sealer
from messages.shapes import Channel, Quarantined, RawMessage, VerifiedBy
from messages.tracking import tracking_number

_SOURCE = "/satu-pintu/ingest"
# Length of a sender's hash in hexadecimal digits: 128 bits.
_SENDER_DIGITS = 32
_UNSEALED = Sealed("")
# Channels on which anybody finds the message, and its author, by the provider's id. It is in the sealed body alone.
_PUBLIC_IDS: frozenset[Channel] = frozenset({"twitter"})


class OpenMessage(NamedTuple):
    """An arrival that is not sealed yet: the raw message with an empty body, and the bytes that will be its body."""

    raw: RawMessage
    plain: bytes

    def with_fields(self, **fields: object) -> "OpenMessage":
        """Return the message with other values of these fields of the raw message."""
        return self._replace(raw=self.raw.model_copy(update=fields))


class Wrapper:
    """Builds raw messages. It holds the keys for sealing, sender hashes, tracking numbers and message ids."""

    def __init__(self, sealer: Sealer, sender_key: bytes, tracking_key: bytes, message_key: bytes) -> None:
        self._sealer = sealer
        self._sender_key = sender_key
        self._tracking_key = tracking_key
        self._message_key = message_key

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
        """Return the raw message, sealed. It may wait for the key of the sender: see `open_message` and `seal`."""
        return self.seal(self.open_message(channel, provider_id, sender, body, at, content_type, verified_by))

    def open_message(
        self,
        channel: Channel,
        provider_id: str,
        sender: str,
        body: bytes,
        at: datetime,
        content_type: str,
        verified_by: VerifiedBy = "none",
    ) -> OpenMessage:
        """Return the message without its seal. `sender` is the proven sender (`tel:+62…`, `x:123`), or empty.

        A number that somebody typed proves nothing; see docs/decisions/0005-only-proven-senders-repeat.md. In place of
        the id of a public post, the record has its own id. The hash of a sender who is not proven is unique to the
        message, and equal for each delivery.
        """
        message_id = self.message_id(channel, provider_id)
        raw = RawMessage(
            id=message_id,
            message_id=message_id,
            at=at,
            channel=channel,
            provider_id=str(message_id) if channel in _PUBLIC_IDS else provider_id,
            sender=self.sender_hash(sender or f"message:{message_id}"),
            tracking=tracking_number(message_id, self._tracking_key),
            verified_by=verified_by,
            content_type=content_type,
            body=_UNSEALED,
        )
        return OpenMessage(raw, body)

    def prepare_sealing(self, messages: Iterable[OpenMessage]) -> None:
        """Have the keys of the senders at hand, as far as they can be had in time: one wait for all messages."""
        self._sealer.prepare_soon(message.raw.sender for message in messages)

    def seal(self, message: OpenMessage) -> RawMessage:
        """Return the sealed message. It may wait for the key of the sender, so it is not called on an event loop."""
        raw = message.raw
        return raw.model_copy(update={"body": self._sealer.seal_for(raw.sender, message.plain, raw.id)})

    def message_id(self, channel: Channel, provider_id: str) -> UUID:
        """Return the id of the arrival with this provider's id."""
        return ids.message_id(channel, provider_id, self._message_key)

    def tracking(self, channel: Channel, provider_id: str) -> str:
        """Return the tracking number of the arrival with this provider's id."""
        return tracking_number(self.message_id(channel, provider_id), self._tracking_key)

    def digest(self, content: bytes) -> str:
        """Return the keyed digest of `content`: equal for equal bytes.

        The key is necessary: a report has few unknown bits, so a plain digest could be reversed by guessing.
        """
        return keyed_hash(self._sender_key, b"digest:" + content).hex()

    def sender_hash(self, sender: str) -> str:
        """Return the hash of a sender: equal for all messages of one sender."""
        return keyed_hash(self._sender_key, sender.encode()).hex()[:_SENDER_DIGITS]


def accepted_record(raw: RawMessage) -> Outgoing:
    """Return the record of an accepted arrival, for the topic of its channel."""
    return Outgoing(topics.raw_topic(raw.channel), *codec.encode(raw, raw.sender, _SOURCE))


def quarantine_record(raw: RawMessage, reason: str) -> Outgoing:
    """Return the record of an arrival that could not prove its origin, for the quarantine topic."""
    quarantined = Quarantined(id=ids.event_id(raw.id, reason), message_id=raw.id, at=raw.at, reason=reason, raw=raw)
    return Outgoing(topics.QUARANTINE, *codec.encode(quarantined, raw.sender, _SOURCE))

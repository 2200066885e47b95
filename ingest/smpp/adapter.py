"""Turns deliver_sm PDUs into parts, and the parts of a message into a raw message. Pure.

A stored part contains its sender and the text, so it is sealed. Keys and digests are keyed hashes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ingest.smpp.alphabet import decode_parts
from ingest.smpp.channel import CHANNEL_NAME
from ingest.smpp.part_store import Part, SmsPart
from ingest.smpp.pdu import HEADER_BYTES, Address, DeliveredSms
from ingest.wrap import Wrapper
from messages import ids
from messages.payloads.smpp import JOINED_SMS, JoinedSms, JoinedSmsPart
from messages.payloads.submission import e164
from messages.sealing import Sealed, Sealer
from messages.shapes import RawMessage, iso

_PDU = "application/octet-stream"
# Types of number (TON) of an address.
_INTERNATIONAL, _ALPHANUMERIC = 1, 5
# Digits of the shortest subscriber number. Shorter numbers are services that reply too: without this limit two
# automatic systems could write to each other without end.
_MIN_SUBSCRIBER_DIGITS = 7
# Bytes that a part can hold. A longer message that claims to be a part counts as an SMS in one piece.
_MAX_PART_BYTES = 254
# Hexadecimal digits of a key in a message's mark.
_MARK_DIGITS = 32


@dataclass(frozen=True, slots=True)
class SmppMessage:
    """Joined SMS, complete or not. `mark` stays the same as more of its parts arrive."""

    raw: RawMessage
    mark: str
    text: str
    source: Address
    destination: Address

    @property
    def can_be_acknowledged(self) -> bool:
        """Return True if the SMS came from a person's telephone."""
        digits = sum(symbol.isdigit() for symbol in self.source.number)
        return self.source.ton != _ALPHANUMERIC and digits >= _MIN_SUBSCRIBER_DIGITS


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """SMS to send."""

    source: Address
    destination: Address
    text: str


class SmppAdapter:
    """Builds, seals and opens parts, messages and acknowledgements. It needs the keys of the door."""

    def __init__(self, wrapper: Wrapper, sealer: Sealer) -> None:
        self._wrapper = wrapper
        self._sealer = sealer

    def build_part(self, sms: DeliveredSms) -> Part:
        """Return the part to store. An SMS in one piece is part 1 of 1.

        An SMS in one piece has no reference: its key is made from its content and the SMSC's own ids, if any.
        """
        source, destination = normalized_number(sms.source), sms.destination.number
        concatenation = sms.concatenation if len(sms.content) <= _MAX_PART_BYTES else None
        digest = self._wrapper.digest(b"%d:%s" % (sms.coding, sms.content))
        identity = (concatenation.reference, concatenation.total) if concatenation else (digest, sms.ids.hex())
        key = self._wrapper.digest(json.dumps([source, destination, *identity]).encode())
        number, total = (concatenation.number, concatenation.total) if concatenation else (1, 1)
        content = {
            "source": asdict(sms.source),
            "destination": asdict(sms.destination),
            "reference": concatenation.reference if concatenation else "",
            "coding": sms.coding,
            "bytes": sms.content.hex(),
        }
        return Part(key, number, total, digest, self._seal(content, f"{key}:{number}:{digest}"))

    def join_parts(self, parts: Sequence[SmsPart]) -> SmppMessage:
        """Return the message of these parts. The same parts always make the same message.

        More parts of the same SMS make another message with the same mark. Raises `UnsealError`.
        """
        first, last_arrival = parts[0], max(part.at for part in parts)
        contents = [self._open(part.content, f"{part.key}:{part.number}:{part.digest}") for part in parts]
        bytes_by_number = {
            part.number: (content["coding"], bytes.fromhex(content["bytes"]))
            for part, content in zip(parts, contents, strict=True)
        }
        source, destination = Address(**contents[0]["source"]), Address(**contents[0]["destination"])
        mark = f"smpp:{first.key[:_MARK_DIGITS]}:{iso(first.opened)}"
        sms = JoinedSms(
            sender=normalized_number(source),
            receiver=destination.number,
            text=decode_parts(bytes_by_number, first.total),
            missing=tuple(number for number in range(1, first.total + 1) if number not in bytes_by_number),
            mark=mark if first.total > 1 else "",
            reference=contents[0]["reference"],
            parts=tuple(
                JoinedSmsPart(number=part.number, at=part.at, coding=content["coding"], content=content["bytes"])
                for part, content in zip(parts, contents, strict=True)
            ),
        )
        provider_id, body = f"{mark}:{len(parts)}", sms.model_dump_json().encode()
        raw = self._wrapper.wrap(
            CHANNEL_NAME, provider_id, f"tel:{sms.sender}", body, last_arrival, JOINED_SMS, verified_by="smpp-bind"
        )
        return SmppMessage(raw, mark, sms.text, source, destination)

    def wrap_malformed(self, pdu: bytes, at: datetime) -> RawMessage:
        """Return the message to quarantine for an unreadable PDU.

        The PDU's header is left out, so that the same content delivered again has the same id.
        """
        body = pdu[HEADER_BYTES:]
        return self._wrapper.wrap(CHANNEL_NAME, f"held:{self._wrapper.digest(body)}", "", body, at, _PDU)

    def seal_acknowledgement(self, message: SmppMessage, text: str) -> Sealed:
        """Return the sealed acknowledgement of this message, addressed to its sender."""
        content = {"source": asdict(message.destination), "destination": asdict(message.source), "text": text}
        return self._seal(content, f"answer:{message.mark}")

    def open_acknowledgement(self, mark: str, content: str) -> Acknowledgement:
        """Return the acknowledgement that `seal_acknowledgement` sealed. Raises `UnsealError`."""
        fields = self._open(content, f"answer:{mark}")
        return Acknowledgement(Address(**fields["source"]), Address(**fields["destination"]), fields["text"])

    def _seal(self, content: object, name: str) -> Sealed:
        return self._sealer.seal(json.dumps(content).encode(), ids.sms_part_id(name))

    def _open(self, content: str, name: str) -> Any:
        return json.loads(self._sealer.open(Sealed(content), ids.sms_part_id(name)))


def normalized_number(address: Address) -> str:
    """Return a sender's number as `+62812…`. A name or a short code stays as it is."""
    if address.ton == _ALPHANUMERIC or len(address.number) < _MIN_SUBSCRIBER_DIGITS:
        return address.number
    is_international = address.ton == _INTERNATIONAL and not address.number.startswith("+")
    return e164(f"+{address.number}" if is_international else address.number)

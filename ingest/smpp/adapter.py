"""From deliver_sm PDUs to parts, and from the parts of a message to a raw message. Pure.

What is kept of a part names its sender and says his words, so it is sealed; keys and digests are keyed hashes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ingest.smpp.alphabet import read_parts
from ingest.smpp.channel import CHANNEL_NAME
from ingest.smpp.part_store import Part, SmsPart
from ingest.smpp.pdu import HEADER_BYTES, Address, Delivered
from ingest.wrap import Wrapper
from messages import ids
from messages.sealing import Sealed, Sealer
from messages.shapes import RawMessage, iso
from messages.smpp import JOINED_SMS, JoinedSms, JoinedSmsPart
from messages.submission import e164

_PDU = "application/octet-stream"
_INTERNATIONAL, _ALPHANUMERIC = 1, 5
# Shorter numbers are services, which answer too: two machines must not write to each other for ever.
_SHORTEST_SUBSCRIBER = 7
# What a part can hold; whatever says that it is a part and is longer stands for itself.
_LONGEST_PART = 254


@dataclass(frozen=True, slots=True)
class Message:
    """What goes on. `mark` is the same however much of the SMS has arrived."""

    raw: RawMessage
    mark: str
    text: str
    source: Address
    destination: Address

    @property
    def answerable(self) -> bool:
        """Whether a person's telephone is where it came from."""
        digits = sum(symbol.isdigit() for symbol in self.source.number)
        return self.source.ton != _ALPHANUMERIC and digits >= _SHORTEST_SUBSCRIBER


@dataclass(frozen=True, slots=True)
class Answer:
    """An SMS to send."""

    source: Address
    destination: Address
    text: str


class SmppAdapter:
    """Needs the keys of the door."""

    def __init__(self, wrapper: Wrapper, sealer: Sealer) -> None:
        self._wrapper = wrapper
        self._sealer = sealer

    def part(self, delivered: Delivered) -> Part:
        """The part to keep; a message in one piece is the only part of its own.

        That one has no reference. It is known by everything it says, with the SMSC's own ids where it gives any.
        """
        source, destination = number_of(delivered.source), delivered.destination.number
        place = delivered.place if len(delivered.content) <= _LONGEST_PART else None
        digest = self._wrapper.digest(b"%d:%s" % (delivered.coding, delivered.content))
        said = (place.reference, place.total) if place else (digest, delivered.ids.hex())
        key = self._wrapper.digest(json.dumps([source, destination, *said]).encode())
        number, total = (place.number, place.total) if place else (1, 1)
        content = {
            "source": asdict(delivered.source),
            "destination": asdict(delivered.destination),
            "reference": place.reference if place else "",
            "coding": delivered.coding,
            "bytes": delivered.content.hex(),
        }
        return Part(key, number, total, digest, self._seal(content, f"{key}:{number}:{digest}"))

    def message(self, parts: Sequence[SmsPart]) -> Message:
        """What goes on of these parts. The same parts make the same message, for ever.

        Each time that more of it goes on it is another message with the same mark. Raises `UnsealError`.
        """
        first, last = parts[0], max(part.at for part in parts)
        contents = [self._open(part.content, f"{part.key}:{part.number}:{part.digest}") for part in parts]
        there = {
            part.number: (content["coding"], bytes.fromhex(content["bytes"]))
            for part, content in zip(parts, contents, strict=True)
        }
        source, destination = Address(**contents[0]["source"]), Address(**contents[0]["destination"])
        mark = f"smpp:{first.key[:32]}:{iso(first.opened)}"
        sms = JoinedSms(
            sender=number_of(source),
            receiver=destination.number,
            text=read_parts(there, first.total),
            missing=tuple(number for number in range(1, first.total + 1) if number not in there),
            mark=mark if first.total > 1 else "",
            reference=contents[0]["reference"],
            parts=tuple(
                JoinedSmsPart(number=part.number, at=part.at, coding=content["coding"], content=content["bytes"])
                for part, content in zip(parts, contents, strict=True)
            ),
        )
        provider_id, body = f"{mark}:{len(parts)}", sms.model_dump_json().encode()
        raw = self._wrapper.wrap(
            CHANNEL_NAME, provider_id, f"tel:{sms.sender}", body, last, JOINED_SMS, verified_by="smpp-bind"
        )
        return Message(raw, mark, sms.text, source, destination)

    def held(self, pdu: bytes, at: datetime) -> RawMessage:
        """What could not be read, to be kept aside; without its header, so that the same again is the same."""
        body = pdu[HEADER_BYTES:]
        return self._wrapper.wrap(CHANNEL_NAME, f"held:{self._wrapper.digest(body)}", "", body, at, _PDU)

    def seal_answer(self, message: Message, text: str) -> Sealed:
        """An answer to this message, back the way it came."""
        answer = {"source": asdict(message.destination), "destination": asdict(message.source), "text": text}
        return self._seal(answer, f"answer:{message.mark}")

    def open_answer(self, mark: str, content: str) -> Answer:
        """Raises `UnsealError`."""
        answer = self._open(content, f"answer:{mark}")
        return Answer(Address(**answer["source"]), Address(**answer["destination"]), answer["text"])

    def _seal(self, content: object, name: str) -> Sealed:
        return self._sealer.seal(json.dumps(content).encode(), ids.message_id("smpp-part", name))

    def _open(self, content: str, name: str) -> Any:
        return json.loads(self._sealer.open(Sealed(content), ids.message_id("smpp-part", name)))


def number_of(address: Address) -> str:
    """A sender as `+62812…`; a name or a short code as it is."""
    if address.ton == _ALPHANUMERIC or len(address.number) < _SHORTEST_SUBSCRIBER:
        return address.number
    international = address.ton == _INTERNATIONAL and not address.number.startswith("+")
    return e164(f"+{address.number}" if international else address.number)

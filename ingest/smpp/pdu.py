"""Reads a deliver_sm as it stands on the wire (SMPP 3.4, 4.6.1). Pure.

aiosmpplib's own reading is not used: it takes the wrong bytes for a 16-bit reference, refuses alphabets and addresses
it does not know, and refuses what it can't decode. Here the bytes come first; what they say is a later question.
"""

from dataclasses import dataclass
from struct import unpack_from

HEADER_BYTES = 16
# esm_class, bit 6: the message begins with a user data header. Bits 2 to 5: what kind of message it is.
_HAS_HEADER = 0x40
_KIND = 0x3C
# An SMSC's delivery receipt, and its notification that delivery goes on.
_RECEIPTS = {0x04, 0x20}
# Information elements of a user data header (3GPP TS 23.040, 9.2.3.24): parts with an 8-bit and a 16-bit reference.
_PART_8, _PART_16 = 0x00, 0x08
# Optional parameters (SMPP 3.4, 5.3.2).
_RECEIPTED_ID, _USER_REFERENCE = 0x001E, 0x0204
_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER = 0x020C, 0x020E, 0x020F
_PAYLOAD = 0x0424
_FEWEST_PARTS = 2


class Malformed(Exception):
    """Not a deliver_sm."""


@dataclass(frozen=True, slots=True)
class Address:
    """A number with its type (TON) and numbering plan (NPI), as the SMSC gave them."""

    number: str
    ton: int = 0
    npi: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of how many. `reference` tells the messages of one sender apart, for as long as it is not reused."""

    reference: str
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """`content` are the message's bytes without the user data header; `ids` are the SMSC's own, where it gives any."""

    source: Address
    destination: Address
    receipt: bool
    coding: int
    content: bytes
    place: Place | None = None
    ids: bytes = b""


def parse(pdu: bytes) -> Delivered:
    """The message in a whole PDU, header included. Raises `Malformed`."""
    try:
        return _parse(_Cursor(pdu, HEADER_BYTES))
    except (ValueError, IndexError) as error:
        raise Malformed from error


def _parse(cursor: "_Cursor") -> Delivered:
    cursor.text()  # service_type
    source, destination = cursor.address(), cursor.address()
    esm_class = cursor.octets(3)[0]
    cursor.text(), cursor.text()  # schedule_delivery_time, validity_period
    coding = cursor.octets(3)[2]
    length = cursor.octets(2)[1]
    message = cursor.octets(length)
    options = cursor.options()
    content, place = message or options.get(_PAYLOAD, b""), _sar(options)
    if esm_class & _HAS_HEADER:
        content, place = _without_header(content, place)
    ids = b"".join(options.get(tag, b"") + b"\0" for tag in (_RECEIPTED_ID, _USER_REFERENCE))
    receipt = esm_class & _KIND in _RECEIPTS
    return Delivered(source, destination, receipt, coding, content, place, ids.strip(b"\0"))


class _Cursor:
    """Walks through a PDU; a step over its end raises `ValueError`."""

    def __init__(self, pdu: bytes, at: int) -> None:
        self._pdu = pdu
        self._at = at

    def octets(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._pdu):
            raise ValueError("too short")
        return self._pdu[start : self._at]

    def text(self) -> str:
        """Up to a zero byte. Addresses are ASCII; what is not stays telling."""
        return self.octets(self._pdu.index(b"\0", self._at) + 1 - self._at)[:-1].decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octets(2)
        return Address(self.text(), ton, npi)

    def options(self) -> dict[int, bytes]:
        """What follows the mandatory fields; of a tag that is there twice, the last."""
        found: dict[int, bytes] = {}
        while self._at < len(self._pdu):
            tag, length = unpack_from("!HH", self.octets(4))
            found[tag] = self.octets(length)
        return found


def _sar(options: dict[int, bytes]) -> Place | None:
    if not {_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER} <= options.keys():
        return None
    reference, total, number = (
        int.from_bytes(options[tag], "big") for tag in (_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER)
    )
    return _place(f"sar:{reference}", total, number)


def _without_header(content: bytes, place: Place | None) -> tuple[bytes, Place | None]:
    """What follows the user data header, and the part it names; a header that does not fit is content."""
    end = 1 + content[0] if content else 1
    if end > len(content):
        return content, place
    at = 1
    while at + 2 <= end:
        kind, length = content[at], content[at + 1]
        element = content[at + 2 : at + 2 + length] if at + 2 + length <= end else b""
        if kind == _PART_8 and len(element) == 3:  # noqa: PLR2004 - reference, total, number
            place = _place(f"udh8:{element[0]}", element[1], element[2]) or place
        if kind == _PART_16 and len(element) == 4:  # noqa: PLR2004 - two bytes of reference
            place = _place(f"udh16:{unpack_from('!H', element)[0]}", element[2], element[3]) or place
        at += 2 + length
    return content[end:], place


def _place(reference: str, total: int, number: int) -> Place | None:
    """`None` where it is no part of several: a message that says nonsense of itself stands for itself."""
    return Place(reference, total, number) if total >= _FEWEST_PARTS and 1 <= number <= total else None

"""Parses a deliver_sm from its bytes (SMPP 3.4, 4.6.1). Pure. It does not decode the text.

aiosmpplib's own parser is not used: it takes the wrong bytes for a 16-bit reference, rejects alphabets and addresses
it does not know, and rejects text that it cannot decode. This parser keeps the bytes; `alphabet.py` decodes them later.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import unpack_from

HEADER_BYTES = 16
# esm_class, bit 6: the message begins with a user data header. Bits 2 to 5: the type of the message.
_HAS_USER_DATA_HEADER = 0x40
_MESSAGE_TYPE = 0x3C
# An SMSC's delivery receipt, and its intermediate delivery notification.
_RECEIPT_TYPES = {0x04, 0x20}
# Information elements of a user data header (3GPP TS 23.040, 9.2.3.24): parts with an 8-bit and a 16-bit reference.
_PART_8_BIT, _PART_16_BIT = 0x00, 0x08
# Their lengths in bytes: the reference, the total, the number.
_PART_8_BIT_BYTES, _PART_16_BIT_BYTES = 3, 4
# An information element begins with its identifier and its length.
_ELEMENT_HEADER_BYTES = 2
# Optional parameters (SMPP 3.4, 5.3.2).
_RECEIPTED_MESSAGE_ID, _USER_MESSAGE_REFERENCE = 0x001E, 0x0204
_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER = 0x020C, 0x020E, 0x020F
_MESSAGE_PAYLOAD = 0x0424
_MIN_PARTS = 2


class MalformedPdu(Exception):
    """The PDU is not a valid deliver_sm."""


@dataclass(frozen=True, slots=True)
class Address:
    """Number with its type (TON) and numbering plan (NPI), as the SMSC sent them."""

    number: str
    ton: int = 0
    npi: int = 0


@dataclass(frozen=True, slots=True)
class Concatenation:
    """Position of a part in a concatenated SMS: part `number` of `total`.

    `reference` distinguishes the messages of one sender until the telephone reuses it.
    """

    reference: str
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class DeliveredSms:
    """Content of a deliver_sm.

    `content` are the bytes of the message without the user data header. `ids` are the SMSC's own ids, if it sends any.
    """

    source: Address
    destination: Address
    is_receipt: bool
    coding: int
    content: bytes
    concatenation: Concatenation | None = None
    ids: bytes = b""


def parse_deliver_sm(pdu: bytes) -> DeliveredSms:
    """Return the message in a whole PDU, header included. Raises `MalformedPdu`."""
    try:
        return _parse(_Cursor(pdu, HEADER_BYTES))
    except (ValueError, IndexError) as error:
        raise MalformedPdu from error


def _parse(cursor: "_Cursor") -> DeliveredSms:
    cursor.text()  # service_type
    source, destination = cursor.address(), cursor.address()
    esm_class = cursor.octets(3)[0]
    cursor.text(), cursor.text()  # schedule_delivery_time, validity_period
    coding = cursor.octets(3)[2]
    length = cursor.octets(2)[1]
    short_message = cursor.octets(length)
    parameters = cursor.optional_parameters()
    content = short_message or parameters.get(_MESSAGE_PAYLOAD, b"")
    concatenation = _sar_concatenation(parameters)
    if esm_class & _HAS_USER_DATA_HEADER:
        content, concatenation = _split_user_data_header(content, concatenation)
    ids = b"".join(parameters.get(tag, b"") + b"\0" for tag in (_RECEIPTED_MESSAGE_ID, _USER_MESSAGE_REFERENCE))
    is_receipt = esm_class & _MESSAGE_TYPE in _RECEIPT_TYPES
    return DeliveredSms(source, destination, is_receipt, coding, content, concatenation, ids.strip(b"\0"))


class _Cursor:
    """Reads a PDU from `at` onwards. Reading beyond its end raises `ValueError`."""

    def __init__(self, pdu: bytes, at: int) -> None:
        self._pdu = pdu
        self._at = at

    def octets(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        if self._at > len(self._pdu):
            raise ValueError("too short")
        return self._pdu[start : self._at]

    def text(self) -> str:
        """Return the text before the next zero byte. Addresses are ASCII; other bytes stay distinguishable."""
        return self.octets(self._pdu.index(b"\0", self._at) + 1 - self._at)[:-1].decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.octets(2)
        return Address(self.text(), ton, npi)

    def optional_parameters(self) -> dict[int, bytes]:
        """Return the parameters after the mandatory fields, by tag. Of a repeated tag the last one counts."""
        parameters: dict[int, bytes] = {}
        while self._at < len(self._pdu):
            tag, length = unpack_from("!HH", self.octets(4))
            parameters[tag] = self.octets(length)
        return parameters


def _sar_concatenation(parameters: dict[int, bytes]) -> Concatenation | None:
    """Return the concatenation of the SAR parameters, if all three are present."""
    if not {_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER} <= parameters.keys():
        return None
    reference, total, number = (
        int.from_bytes(parameters[tag], "big") for tag in (_SAR_REFERENCE, _SAR_TOTAL, _SAR_NUMBER)
    )
    return _concatenation(f"sar:{reference}", total, number)


def _split_user_data_header(content: bytes, concatenation: Concatenation | None) -> tuple[bytes, Concatenation | None]:
    """Return the content after the user data header, and the concatenation that the header names.

    A header that names none leaves `concatenation` unchanged. A header longer than the content counts as content.
    """
    end = 1 + content[0] if content else 1
    if end > len(content):
        return content, concatenation
    for identifier, element in _information_elements(content[1:end]):
        concatenation = _element_concatenation(identifier, element) or concatenation
    return content[end:], concatenation


def _information_elements(header: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield identifier and content of each information element; the content is empty if it is cut off."""
    start = 0
    while start + _ELEMENT_HEADER_BYTES <= len(header):
        identifier, length = header[start], header[start + 1]
        end = start + _ELEMENT_HEADER_BYTES + length
        yield identifier, header[start + _ELEMENT_HEADER_BYTES : end] if end <= len(header) else b""
        start = end


def _element_concatenation(identifier: int, element: bytes) -> Concatenation | None:
    """Return the concatenation that an information element names, or `None`."""
    if identifier == _PART_8_BIT and len(element) == _PART_8_BIT_BYTES:
        return _concatenation(f"udh8:{element[0]}", element[1], element[2])
    if identifier == _PART_16_BIT and len(element) == _PART_16_BIT_BYTES:
        return _concatenation(f"udh16:{unpack_from('!H', element)[0]}", element[2], element[3])
    return None


def _concatenation(reference: str, total: int, number: int) -> Concatenation | None:
    """Return `None` for impossible numbers: such a message counts as an SMS in one piece."""
    return Concatenation(reference, total, number) if total >= _MIN_PARTS and 1 <= number <= total else None

"""Decodes the bytes of an SMS by its data coding (SMPP 3.4, 5.2.19; 3GPP TS 23.038). Pure; it never fails."""

from collections.abc import Mapping
from itertools import groupby

from aiosmpplib.codec import GSM7BitCodec

# Text in place of parts that did not arrive.
GAP = "[…]"

# Alphabets, by SMPP's data coding.
_DEFAULT, _ASCII, _LATIN, _BINARY, _UCS2 = 0x00, 0x01, 0x03, 0x04, 0x08
# Alphabets by bits 2 and 3 of a data coding that carries a message class.
_BY_CLASS = (_DEFAULT, _BINARY, _UCS2, _DEFAULT)
_MAX_7_BIT = 0x7F
_GSM = GSM7BitCodec()


def decode_parts(parts: Mapping[int, tuple[int, bytes]], total: int) -> str:
    """Return the text of the parts, with `GAP` for missing ones. `parts` has coding and bytes by part number.

    Neighbouring parts with the same coding are joined before decoding, because a character may be split between them.
    """
    text = ""
    for coding, numbers in groupby(range(1, total + 1), lambda number: parts[number][0] if number in parts else None):
        if coding is None:
            text += f" {GAP} "
        else:
            text += decode(coding, b"".join(parts[number][1] for number in numbers))
    return text.strip(" ")


def decode(coding: int, content: bytes) -> str:
    """Return the text. Undecodable bytes become replacement characters; the raw message keeps the bytes."""
    alphabet = _alphabet(coding)
    if alphabet == _UCS2:
        return content.decode("utf-16-be", "replace")
    if alphabet == _DEFAULT and max(content, default=0) <= _MAX_7_BIT:
        return str(_GSM.decode(content, "replace")[0])
    # The SMSC chooses the default alphabet. Bytes with eight bits cannot be the GSM alphabet.
    return content.decode("latin-1") if alphabet in {_DEFAULT, _ASCII, _LATIN} else _decode_octets(content)


def _alphabet(coding: int) -> int:
    """Return the alphabet as SMPP's data coding. Operators also pass GSM's codings on unchanged."""
    match coding >> 4:
        case 0x1:
            return _BY_CLASS[coding >> 2 & 3]
        case 0xC | 0xD:
            return _DEFAULT
        case 0xE:
            return _UCS2
        case 0xF:
            return _BINARY if coding & _BINARY else _DEFAULT
        case _:
            return coding


def _decode_octets(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")

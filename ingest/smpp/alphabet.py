"""What the bytes of an SMS say, by its data coding (SMPP 3.4, 5.2.19; 3GPP TS 23.038). Pure and total."""

from collections.abc import Mapping
from itertools import groupby

from aiosmpplib.codec import GSM7BitCodec

# What stands in the text for parts that did not arrive.
GAP = "[…]"

_DEFAULT, _ASCII, _LATIN, _BINARY, _UCS2 = 0x00, 0x01, 0x03, 0x04, 0x08
# By bits 2 and 3 of a coding that carries a message class.
_BY_CLASS = (_DEFAULT, _BINARY, _UCS2, _DEFAULT)
_SEVEN_BITS = 0x7F
_GSM = GSM7BitCodec()


def read_parts(parts: Mapping[int, tuple[int, bytes]], total: int) -> str:
    """The text of parts (coding and bytes, by number), with `GAP` where some are missing.

    Neighbours of one coding are put together before they are read: a character may be cut in two between them.
    """
    text = ""
    for coding, run in groupby(range(1, total + 1), lambda number: parts[number][0] if number in parts else None):
        if coding is None:
            text += f" {GAP} "
        else:
            text += decode(coding, b"".join(parts[number][1] for number in run))
    return text.strip(" ")


def decode(coding: int, content: bytes) -> str:
    """The text. What can't be read becomes replacement characters; the bytes themselves are kept elsewhere."""
    alphabet = _alphabet(coding)
    if alphabet == _UCS2:
        return content.decode("utf-16-be", "replace")
    if alphabet == _DEFAULT and max(content, default=0) <= _SEVEN_BITS:
        return str(_GSM.decode(content, "replace")[0])
    # The default alphabet is the SMSC's to choose: what has eight bits can't be GSM's.
    return content.decode("latin-1") if alphabet in {_DEFAULT, _ASCII, _LATIN} else _octets(content)


def _alphabet(coding: int) -> int:
    """SMPP's own number of the alphabet; operators also pass GSM's codings through as they are."""
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


def _octets(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")

"""The GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1): which texts it can write, and the room they take in an SMS."""

# Septets of an SMS in one piece.
SEGMENT = 160

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as an escape and a character.
_EXTENSION = frozenset("\f^{}\\[~]|€")
_ALL = _BASIC | _EXTENSION


def septets(text: str) -> int | None:
    """Return the number of septets that the text takes; `None` if the alphabet lacks one of its characters."""
    if not _ALL.issuperset(text):
        return None
    if _EXTENSION.isdisjoint(text):
        return len(text)
    return len(text) + sum(character in _EXTENSION for character in text)


def fits_one_sms(text: str) -> bool:
    """Return whether the text can be sent as an SMS in one piece."""
    size = septets(text)
    return size is not None and size <= SEGMENT

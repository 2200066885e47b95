"""The GSM 7-bit alphabet (3GPP TS 23.038, 6.2.1): whether a text fits it, and how much of an SMS it takes."""

# Septets of one SMS that stands alone.
SEGMENT = 160

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as an escape and a character.
_EXTENSION = frozenset("\f^{}\\[~]|€")


def septets(text: str) -> int | None:
    """How many septets the text takes; `None` where the alphabet does not have one of its characters."""
    if not set(text) <= _BASIC | _EXTENSION:
        return None
    return len(text) + sum(character in _EXTENSION for character in text)


def fits_one_sms(text: str) -> bool:
    """Whether it is one SMS and no more."""
    taken = septets(text)
    return taken is not None and taken <= SEGMENT

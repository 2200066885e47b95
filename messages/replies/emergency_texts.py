"""Text of the emergency services beside the receipt of a message that tells of danger to life. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from messages.shapes import Danger

# The number of the emergency services (112 is free of charge), and a further hint by the danger.
_EMERGENCY = "Ada bahaya? Telepon 112 sekarang, gratis."
_HINTS: Mapping[Danger, str] = MappingProxyType(
    {
        "fire": " Jauhi api dan asap.",
        "violence": " Cari tempat aman.",
        "suicide": " Anda tidak sendiri: 119 ext 8.",
        "medical": " Ambulans: 119.",
        "disaster": " Cari tempat aman.",
    }
)


def emergency_hint(danger: Danger) -> str:
    """Return what the sender can do at once."""
    return f"{_EMERGENCY}{_HINTS.get(danger, '')}"

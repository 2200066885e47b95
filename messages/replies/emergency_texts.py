"""Text of the emergency services beside the receipt of a message that tells of danger to life. Pure."""

from collections.abc import Mapping
from types import MappingProxyType

from messages.shapes import Danger

# Numbers that are free of charge everywhere in Indonesia. Texts for senders and for staff take them from here.
EMERGENCY = "112"
POLICE = "110"
FIRE_BRIGADE = "113"
AMBULANCE = "119"
# Counsellors of the health ministry, behind the number of the ambulance.
CRISIS_LINE = "119 ext 8"
# SAPA: violence against women and children.
SAPA = "129"
SEARCH_AND_RESCUE = "115"
# A further hint by the danger, after the number of the emergency services.
_EMERGENCY = f"Ada bahaya? Telepon {EMERGENCY} sekarang, gratis."
_HINTS: Mapping[Danger, str] = MappingProxyType(
    {
        "fire": " Jauhi api dan asap.",
        "violence": " Cari tempat aman.",
        "suicide": f" Anda tidak sendiri: {CRISIS_LINE}.",
        "medical": f" Ambulans: {AMBULANCE}.",
        "disaster": " Cari tempat aman.",
    }
)


def emergency_hint(danger: Danger) -> str:
    """Return what the sender can do at once."""
    return f"{_EMERGENCY}{_HINTS.get(danger, '')}"
